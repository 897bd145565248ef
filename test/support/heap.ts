import { allocate, memoryOf, release, stockModule, wasmBackend } from '../../src/backend/wasm/heap.js';

/** Runs `body` with the addresses of copies of arrays in the heap, and returns what the copies hold after it. */
export function onHeap(
  arrays: readonly Float32Array[],
  body: (...pointers: number[]) => void,
): Float32Array[] {
  const pointers = arrays.map((array) => allocate(array.byteLength));
  // Taken anew each time: the memory may have grown.
  const view = (i: number): Float32Array =>
    new Float32Array(memoryOf(stockModule(wasmBackend())).buffer, pointers[i], arrays[i].length);
  arrays.forEach((array, i) => {
    view(i).set(array);
  });
  body(...pointers);
  const results = arrays.map((_, i) => view(i).slice());
  pointers.forEach(release);
  return results;
}

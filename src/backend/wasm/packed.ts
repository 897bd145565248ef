import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { allocate, currentTracer, release, wasmBackend } from './heap.js';

/** Smaller weights are packed in no time. */
const smallest = 16 * 1024;

/** Packed copies by the weights they come from, and weights that were used once. */
const copies = new WeakMap<object, { readonly pointer: number; readonly layout: string }>();
const used = new WeakSet();
const watched = new WeakSet<BackendWasm>();

/** Frees a packed copy with its weights. */
function watch(backend: BackendWasm): void {
  if (watched.has(backend)) return;
  watched.add(backend);
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force) => {
    const isGone = disposeData(dataId, force);
    if (isGone) {
      const copy = copies.get(dataId);
      if (copy !== undefined) {
        copies.delete(dataId);
        release(copy.pointer);
      }
    }
    return isGone;
  };
}

/**
 * The packed copy of a weight in a layout, made by `pack` at the weight's second use and kept as long as the weight: inference packs each
 * weight once, while training, whose weights are new at every step, keeps nothing. `undefined` asks to pack into scratch.
 *
 * Like every kernel of TensorFlow.js this takes it that the values of a tensor never change.
 */
export function packedCopy(
  weight: TensorInfo,
  layout: string,
  bytes: number,
  pack: (pointer: number) => void,
): number | undefined {
  if (bytes < smallest) return undefined;
  const tracer = currentTracer();
  if (tracer !== undefined) return tracer.packed(weight, layout, bytes, pack);
  const { dataId } = weight;
  const existing = copies.get(dataId);
  // Another view of the same values may have another layout: it is packed each time.
  if (existing !== undefined) return existing.layout === layout ? existing.pointer : undefined;
  if (!used.has(dataId)) {
    used.add(dataId);
    return undefined;
  }
  watch(wasmBackend());
  const pointer = allocate(bytes);
  pack(pointer);
  copies.set(dataId, { pointer, layout });
  return pointer;
}

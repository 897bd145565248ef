import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { backend, memory } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { expect } from 'chai';
import { memoryOf, stockModule } from '../../src/backend/wasm/heap.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Lets the event loop turn once. */
export const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Collects garbage and runs the finalizers of what was collected. */
export async function collect(): Promise<void> {
  gc();
  await turn();
}

/** What a process holds. */
export interface Sample {
  readonly tensors: number;
  readonly tensorBytes: number;
  /** Of JavaScript. */
  readonly heapBytes: number;
  readonly wasmBytes: number;
  /** Resident. */
  readonly processBytes: number;
}

/** What the process holds now, after garbage collection unless said otherwise. */
export async function sample({ collected = true } = {}): Promise<Sample> {
  if (collected) for (let i = 0; i < 3; i++) await collect();
  const { numTensors, numBytes } = memory();
  const { heapUsed, rss } = process.memoryUsage();
  const wasmBytes = memoryOf(stockModule(backend() as BackendWasm)).buffer.byteLength;
  return { tensors: numTensors, tensorBytes: numBytes, heapBytes: heapUsed, wasmBytes, processBytes: rss };
}

/** What growth of the heap and of the process is taken for noise: of compiled code, caches of shapes, pages not given back. */
const HEAP_NOISE = 1e6;
const PROCESS_NOISE = 16e6;

/**
 * Expects samples not to grow from the third on, where engines have compiled what they will: tensors and WebAssembly memory not at
 * all, the heap and the process within noise that 10,000 leaks of anything would exceed.
 *
 * @param options.ofProcess looks only at what the process holds, where tensors come and go
 */
export function expectFlat(samples: readonly Sample[], { ofProcess = false } = {}): void {
  const [first] = samples.slice(2);
  const last = samples.slice(-3);
  const least = (pick: (sample: Sample) => number): number => Math.min(...last.map(pick));
  expect(least(({ wasmBytes }) => wasmBytes)).to.equal(first.wasmBytes, 'WebAssembly memory');
  expect(least(({ processBytes }) => processBytes)).to.be.below(
    first.processBytes + PROCESS_NOISE,
    'process',
  );
  if (ofProcess) return;
  for (const { tensors, tensorBytes } of samples) {
    expect({ tensors, tensorBytes }).to.deep.equal({
      tensors: first.tensors,
      tensorBytes: first.tensorBytes,
    });
  }
  expect(least(({ heapBytes }) => heapBytes)).to.be.below(first.heapBytes + HEAP_NOISE, 'heap');
}

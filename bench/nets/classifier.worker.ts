/** A worker that runs EfficientNet-Lite0 as a plan, for `bench/worker.ts`. */
import { useWasm } from 'tanka/wasm';
import { serve } from 'tanka/worker';
import { classifier } from './classifier.js';

async function setup(weights: Uint8Array) {
  await useWasm();
  return classifier(weights);
}

export type Classifier = Awaited<ReturnType<typeof setup>>;
serve(setup);

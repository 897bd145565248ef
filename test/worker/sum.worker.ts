import { add, sum, type Tensor } from '@tensorflow/tfjs-core';
import { useWasm } from '../../src/wasm/index.js';
import { serve } from '../../src/worker/index.js';

async function setup() {
  await useWasm();
  return { total: (x: Tensor) => sum(add(x, 1)) };
}

export type Functions = Awaited<ReturnType<typeof setup>>;
serve(setup);

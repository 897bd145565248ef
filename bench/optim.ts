/**
 * A step of Adam on 1 M parameters in three arrays (update, apply, disposal of the old trees), eager and by `hk.jit`, beside a plain pass over
 * the same memory: four arrays read and three written, as any Adam must by plain loops in WASM.
 * `node --import tsx bench/optim.ts`
 */
import * as tf from '@tensorflow/tfjs-core';
import * as hk from '../src/index.js';
import { useWasm } from '../src/wasm/index.js';
import { address, raw } from '../src/backend/wasm/heap.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import * as optim from '../src/optim/index.js';
import { interleave, row, type Contender } from './measure.js';

const shapes = [[1000, 600], [600, 600], [40_000]];
const size = shapes.reduce((total, shape) => total + shape.reduce((a, b) => a * b), 0);
const report = await useWasm();
console.log(
  `node ${process.version}, ${report.relaxedSimd ? 'relaxed SIMD' : 'SIMD'}, ${size} parameters; stock: tfjs-backend-wasm 4.22.0`,
);

type Params = Record<string, tf.Tensor>;
const newParams = (): Params =>
  Object.fromEntries(shapes.map((shape, i) => [`w${i}`, tf.randomNormal(shape)]));
const gradients = newParams();

function trainer(jitted: boolean): () => void {
  const tx = optim.adam(1e-3);
  let params = newParams();
  let state = tx.init(params);
  const step = (p: Params, s: typeof state, g: Params): [Params, typeof state] => {
    const [updates, next] = tx.update(g, s, p);
    const moved = optim.applyUpdates(p, updates);
    hk.tree.dispose(updates);
    return [moved, next];
  };
  const run = jitted ? hk.jit(step) : step;
  return () => {
    const [moved, next] = run(params, state, gradients);
    hk.tree.dispose([params, state]);
    [params, state] = [moved, next];
  };
}

/** Of the functions in `assembly/binary.ts`. */
const ADD = 0;

/** Four arrays of the parameters' size read and three written: two sums of two arrays, and a clearing. */
function plainPass(): () => void {
  const at = Array.from({ length: 7 }, () => address(tf.randomNormal([size])));
  return () => {
    raw().binary(ADD, size, at[0], 1, at[1], 1, at[4], 0, 0);
    raw().binary(ADD, size, at[2], 1, at[3], 1, at[5], 0, 0);
    raw().clear(at[6], 4 * size);
  };
}

const contenders: Record<string, Contender> = {
  stock: { prepare: restoreStockKernels, run: trainer(false) },
  eager: { prepare: registerKernels, run: trainer(false) },
  jitted: { run: trainer(true) },
  'plain pass': { run: plainPass() },
};
console.log(row('Adam', await interleave(contenders, { rounds: 25, sampleMs: 10 })));

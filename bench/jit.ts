/**
 * `hk.jit` beside the same function run eagerly, on the stock WASM backend (in its fused form where it has one) and on our kernels.
 * One process, one thread, interleaved; the last column is `hk.jit`. `node --import tsx bench/jit.ts [part of a name]`
 *
 * Training steps that the stock backend cannot run are compared with our eager step alone.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as hk from '../src/index.js';
import { useWasm } from '../src/backend/wasm/index.js';
import { registerKernels, restoreStockKernels } from '../src/backend/wasm/register.js';
import { adam, applyUpdates } from '../src/optim/index.js';
import { interleave, row, type Contender } from './measure.js';

type Params = hk.Params;

const only = process.argv[2] ?? '';
const { relaxedSimd } = await useWasm();
console.log(
  `node ${process.version}, ${relaxedSimd ? 'relaxed SIMD' : 'SIMD'}; stock: tfjs-backend-wasm 4.22.0`,
);

interface Work {
  readonly title: string;
  /** The work on the stock backend; left out where it cannot run there. */
  readonly stock?: (params: Params, x: tf.Tensor) => unknown;
  readonly ours: (params: Params, x: tf.Tensor) => unknown;
  readonly params: () => Params;
  readonly x: () => tf.Tensor;
}

function first(tree: unknown): tf.Tensor {
  return hk.tree.leaves(tree as hk.tree.Tree<tf.Tensor>)[0];
}

async function compare({ title, stock, ours, params, x }: Work): Promise<void> {
  if (!title.includes(only)) return;
  const p = params();
  const input = x();
  const jitted = hk.jit(ours);
  const sample = (f: Work['ours']) => (): void => {
    const result = tf.tidy(() => f(p, input) as tf.TensorContainer);
    first(result).dataSync();
    hk.tree.dispose(result);
  };
  const expected = tf.tidy(() => first(ours(p, input)).clone());
  sample(jitted)();
  const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(expected, first(jitted(p, input))))).dataSync()[0]);
  expected.dispose();
  const contenders: Record<string, Contender> = {
    ...(stock === undefined ? {} : { stock: { prepare: restoreStockKernels, run: sample(stock) } }),
    eager: { prepare: registerKernels, run: sample(ours) },
    jit: { prepare: registerKernels, run: sample(jitted) },
  };
  console.log(row(title, await interleave(contenders, { rounds: 11, sampleMs: 4, warmUp: 8 })));
  console.log(`  results differ by at most ${difference.toExponential(1)}`);
  jitted.dispose();
  hk.tree.dispose([p, input]);
}

function mlp(batch: number): Work {
  const model = hk.transform((x: tf.Tensor2D) => new hk.nets.MLP([300, 100, 10]).call(x));
  const layers = [0, 1, 2].map((i) => `mlp/~/linear_${i}`);
  return {
    title: `MLP 784-300-100-10, batch ${batch}`,
    params: () => model.init(42, tf.zeros([1, 784])),
    x: () => tf.randomNormal([batch, 784]),
    ours: (p, x) => model.apply(p, null, x as tf.Tensor2D),
    stock: (p, x) =>
      layers.reduce<tf.Tensor>(
        (h, name, i) =>
          tf.fused.matMul({ a: h, b: p[name].w, bias: p[name].b, activation: i < 2 ? 'relu' : 'linear' }),
        x,
      ),
  };
}

const convNet = hk.transform((x: tf.Tensor4D) => {
  const h = new hk.AvgPool([1, 2, 2, 1], [1, 2, 2, 1], 'VALID').call(
    hk.nn.relu(new hk.Conv2D(32, [3, 3]).call(x)),
  );
  return new hk.Linear(10).call(hk.nn.relu(new hk.Linear(200).call(new hk.Flatten().call(h))));
});

function conv(batch: number): Work {
  return {
    title: `MNIST conv net, batch ${batch}`,
    params: () => convNet.init(42, tf.zeros([1, 28, 28, 1])),
    x: () => tf.randomNormal([batch, 28, 28, 1]),
    ours: (p, x) => convNet.apply(p, null, x as tf.Tensor4D),
    stock: (p, x) => {
      // `linear` is the last layer: the outer constructor of the expression above runs first.
      const filter = p.conv2_d.w as tf.Tensor4D;
      const h = tf.fused.conv2d({
        x: x as tf.Tensor4D,
        filter,
        strides: 1,
        pad: 'same',
        bias: p.conv2_d.b,
        activation: 'relu',
      });
      const flat = tf.reshape(tf.avgPool(h, 2, 2, 'valid'), [batch, -1]);
      const hidden = tf.fused.matMul({ a: flat, b: p.linear_1.w, bias: p.linear_1.b, activation: 'relu' });
      return tf.fused.matMul({ a: hidden, b: p.linear.w, bias: p.linear.b });
    },
  };
}

function lstm(batch: number): Work {
  const model = hk.transform((x: tf.Tensor) => {
    const core = new hk.LSTM(128);
    return hk.staticUnroll(core, x, core.initialState(batch))[0];
  });
  const apply: Work['ours'] = (p, x) => model.apply(p, null, x);
  return {
    title: `LSTM, 50 steps, 128 wide, batch ${batch}`,
    params: () => model.init(42, tf.zeros([1, batch, 64])),
    x: () => tf.randomNormal([50, batch, 64]),
    ours: apply,
    stock: apply,
  };
}

const tx = adam(1e-3);

/** One training step; the first array of its result is a parameter. */
function training(work: Work, stockRuns: boolean): Work {
  const step: Work['ours'] = (p, x) => {
    const loss = (q: Params): tf.Scalar => tf.mean(tf.square(work.ours(q, x) as tf.Tensor));
    const [, gradient] = hk.valueAndGrad(loss)(p);
    const [updates] = tx.update(gradient, tx.init(p), p);
    return applyUpdates(p, updates);
  };
  return { ...work, title: `training step, ${work.title}`, ours: step, stock: stockRuns ? step : undefined };
}

for (const work of [
  mlp(1),
  mlp(32),
  mlp(256),
  conv(1),
  conv(32),
  lstm(1),
  lstm(32),
  training(mlp(32), true),
  training(conv(32), false),
]) {
  await compare(work);
}

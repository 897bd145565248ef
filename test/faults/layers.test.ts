import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import * as hk from '../../src/index.js';
import { expectClose } from '../support/compare.js';
import { tolerances } from '../support/tolerances.js';

const runs = {
  numRuns: Number(process.env.RUNS ?? 25),
  seed: Number(process.env.SEED ?? 5),
  endOnFailure: false,
};

/** A layer of random options and the shape of an input that fits it. */
interface Sample {
  readonly shape: readonly number[];
  readonly layer: string;
  readonly call: (x: tf.Tensor) => tf.Tensor;
}

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const padding = fc.constantFrom('SAME' as const, 'VALID' as const);
const shapes = (rank: number, max = 5): fc.Arbitrary<number[]> =>
  fc.array(size(max), { minLength: rank, maxLength: rank });

/** `[batch, ...spatial, channels]` with a window that fits under either padding. */
function windows(
  dims: number,
): fc.Arbitrary<{ shape: number[]; kernel: number[]; stride: number[]; padding: 'SAME' | 'VALID' }> {
  return fc
    .record({
      batch: size(3),
      spatial: shapes(dims, 6),
      channels: size(5),
      kernel: shapes(dims, 3),
      stride: shapes(dims, 3),
      padding,
    })
    .map(({ batch, spatial, channels, kernel, stride, padding: pad }) => ({
      shape: [batch, ...spatial.map((n, i) => Math.max(n, kernel[i])), channels],
      kernel,
      stride,
      padding: pad,
    }));
}

const families: Record<string, fc.Arbitrary<Sample>> = {
  Linear: fc
    .tuple(
      fc.integer({ min: 1, max: 4 }).chain((rank) => shapes(rank)),
      size(6),
      fc.boolean(),
    )
    .map(([shape, outputs, withBias]) => ({
      shape,
      layer: `Linear(${outputs}, ${String(withBias)})`,
      call: (x) => new hk.Linear(outputs, { withBias }).call(x),
    })),
  ...Object.fromEntries(
    [1, 2, 3].map((dims) => [
      `ConvND of ${dims}`,
      fc
        .tuple(windows(dims), size(4), size(2))
        .map(([{ shape, kernel, stride, padding: pad }, outputs, rate]): Sample => ({
          // A dilated window must fit as well.
          shape: [
            shape[0],
            ...shape.slice(1, -1).map((n, i) => Math.max(n, (kernel[i] - 1) * rate + 1)),
            shape[dims + 1],
          ],
          layer: `ConvND(${dims}, ${outputs}, [${String(kernel)}], stride [${String(stride)}], rate ${rate}, ${pad})`,
          call: (x) =>
            new hk.ConvND(dims, outputs, kernel, { stride: rate > 1 ? 1 : stride, rate, padding: pad }).call(
              x,
            ),
        })),
    ]),
  ),
  ...Object.fromEntries(
    [1, 2, 3].map((dims) => [
      `ConvNDTranspose of ${dims}`,
      fc.tuple(windows(dims), size(4)).map(([{ shape, kernel, stride, padding: pad }, outputs]): Sample => ({
        shape,
        layer: `ConvNDTranspose(${dims}, ${outputs}, [${String(kernel)}], stride [${String(stride)}], ${pad})`,
        call: (x) => new hk.ConvNDTranspose(dims, outputs, kernel, { stride, padding: pad }).call(x),
      })),
    ]),
  ),
  DepthwiseConv2D: fc
    .tuple(windows(2), size(3))
    .map(([{ shape, kernel, stride, padding: pad }, multiplier]) => ({
      shape,
      layer: `DepthwiseConv2D(${multiplier}, [${String(kernel)}], stride [${String(stride)}], ${pad})`,
      call: (x) =>
        new hk.DepthwiseConv2D(multiplier, kernel, { stride: [stride[0], stride[0]], padding: pad }).call(x),
    })),
  MaxPool: windows(2).map(({ shape, kernel, stride, padding: pad }) => ({
    shape,
    layer: `MaxPool([1, ${String(kernel)}, 1], [1, ${String(stride)}, 1], ${pad})`,
    call: (x) => hk.maxPool(x, [1, ...kernel, 1], [1, ...stride, 1], pad),
  })),
  AvgPool: windows(2).map(({ shape, kernel, stride, padding: pad }) => ({
    shape,
    layer: `AvgPool([1, ${String(kernel)}, 1], [1, ${String(stride)}, 1], ${pad})`,
    call: (x) => hk.avgPool(x, [1, ...kernel, 1], [1, ...stride, 1], pad),
  })),
  LayerNorm: fc.integer({ min: 2, max: 4 }).chain((rank) =>
    fc.tuple(shapes(rank), fc.integer({ min: -rank, max: rank - 1 })).map(([shape, axis]) => ({
      shape,
      layer: `LayerNorm(axis ${axis})`,
      call: (x: tf.Tensor) =>
        new hk.LayerNorm({ axis, createScale: true, createOffset: true, eps: 0.1 }).call(x),
    })),
  ),
  RMSNorm: shapes(3).map((shape) => ({
    shape,
    layer: 'RMSNorm(axis -1)',
    call: (x) => new hk.RMSNorm({ axis: -1, eps: 0.1 }).call(x),
  })),
  GroupNorm: fc.tuple(shapes(3, 4), size(3), size(3)).map(([shape, groups, each]) => ({
    shape: [...shape, groups * each],
    layer: `GroupNorm(${groups})`,
    call: (x) => new hk.GroupNorm(groups, { eps: 0.1 }).call(x),
  })),
  BatchNorm: fc.integer({ min: 2, max: 4 }).chain((rank) =>
    shapes(rank).map((shape) => ({
      shape,
      layer: 'BatchNorm',
      call: (x: tf.Tensor) =>
        new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9, eps: 0.1 }).call(x, true),
    })),
  ),
  // The bias of the keys has no influence: its gradient is noise around 0.
  MultiHeadAttention: fc.tuple(shapes(3, 4), size(3), size(4)).map(([shape, heads, keySize]) => ({
    shape,
    layer: `MultiHeadAttention(${heads}, ${keySize})`,
    call: (x) => new hk.MultiHeadAttention(heads, keySize, { wInitScale: 1, withBias: false }).call(x, x, x),
  })),
  'recurrent cores': fc
    .tuple(shapes(3, 4), size(5), fc.constantFrom('LSTM', 'GRU', 'VanillaRNN'))
    .map(([shape, hidden, kind]) => ({
      shape,
      layer: `${kind}(${hidden})`,
      call: (x) => {
        const core = new hk[kind as 'LSTM'](hidden);
        return hk.dynamicUnroll(core, x, core.initialState(shape[1]))[0];
      },
    })),
};

interface Result {
  readonly names: string[];
  readonly leaves: { readonly shape: number[]; readonly values: Float32Array }[];
}

/** Parameters, output and gradients, on the current backend. */
function resultOf({ shape, call }: Sample): Result {
  const count = shape.reduce((a, b) => a * b, 1);
  const x = tf.tensor(
    Float32Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1)),
    [...shape],
  );
  const model = hk.transformWithState(call);
  const [params, state] = model.init(9, x);
  const weigh = (y: tf.Tensor): tf.Scalar =>
    tf.tidy(() => tf.sum(tf.mul(tf.reshape(y, [-1]), tf.cos(tf.mul(tf.range(0, y.size), 0.37)))));
  const output = model.apply(params, state, null, x);
  const gradients = hk.grad(
    (p: hk.Params, input: tf.Tensor) => weigh(model.apply(p, state, null, input)[0]),
    {
      argnums: [0, 1],
    },
  )(params, x);
  const tree = [params, output, gradients] as unknown as hk.tree.Tree<tf.Tensor>;
  const result = {
    names: hk.tree.leavesWithPath(tree).map(({ path }) => path.join('/')),
    leaves: hk.tree
      .leaves(tree)
      .map((leaf) => ({ shape: leaf.shape, values: leaf.dataSync().slice() as Float32Array })),
  };
  hk.tree.dispose([x, state, tree] as unknown as hk.tree.Tree<tf.Tensor>);
  return result;
}

describe('layers of random shapes and options', () => {
  afterEach(async () => {
    await tf.setBackend('wasm');
  });

  for (const [family, samples] of Object.entries(families)) {
    it(`give the same parameters, outputs and gradients on WASM and on the CPU backend: ${family}`, async () => {
      await fc.assert(
        fc.asyncProperty(samples, async (sample) => {
          const results: Result[] = [];
          for (const backend of ['wasm', 'cpu']) {
            await tf.setBackend(backend);
            await tf.ready();
            results.push(resultOf(sample));
          }
          const [wasm, cpu] = results;
          expect(wasm.names).to.deep.equal(cpu.names);
          wasm.leaves.forEach(({ shape, values }, i) => {
            const where = `${sample.layer} of [${String(sample.shape)}]: ${wasm.names[i]}`;
            expect(shape, where).to.deep.equal(cpu.leaves[i].shape);
            expectClose(values, cpu.leaves[i].values, 2 * tolerances.gradient, where);
          });
        }),
        runs,
      );
    });
  }
});

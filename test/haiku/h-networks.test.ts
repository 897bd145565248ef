import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

/** Intents that are tested where their subject is: the file below `test/`, and words of the test. */
const ELSEWHERE: readonly (readonly [intent: string, file: string, words: string])[] = [
  ['H1', 'nn/drivers/goldens.test.ts', 'layers equal dm-haiku'],
  ['H2', 'nn/conv.test.ts', 'count the cells of each window: three dimensions, with the bias'],
  ['H2', 'nn/conv.test.ts', 'ask a padding function once a dimension in init and in apply'],
  ['H2', 'nn/conv.test.ts', 'keep groups apart: no gradient reaches the channels of another group'],
  ['H3', 'nn/conv.test.ts', 'transposed convolutions of a given output shape'],
  ['H4', 'nn/conv.test.ts', 'see one channel each, and put the outputs of a channel side by side'],
  ['H4', 'nn/conv.test.ts', 'have a bias for channels first in any number of dimensions'],
  ['H5', 'nn/pool.test.ts', 'leave out the channels wherever they are, or none'],
  ['H5', 'nn/pool.test.ts', 'read numbers, short windows and full ones alike'],
  ['H6', 'nn/norm.test.ts', 'scales and offsets as told at the call'],
  ['H7', 'nn/norm.test.ts', 'paramAxis ${JSON.stringify(paramAxis)}: parameters'],
  ['H7', 'nn/norm.test.ts', '${name} gives the same with channels first'],
  ['H8', 'nn/norm.test.ts', 'is the last value with decay 0 and during its warm-up'],
  ['H8', 'nn/norm.test.ts', 'keeps its state without updateStats, and when initialized again'],
  ['H8', 'nn/norm.test.ts', 'are averaged under the names of their parameters, which may be left out'],
  ['H9', 'nn/norm.test.ts', 'SpectralNorm has a sigma of 1 before any update'],
  ['H10', 'nn/attention.test.ts', 'looks up ids ${JSON.stringify(shape)} by ${lookupStyle}'],
  ['H11', 'nn/attention.test.ts', 'for queries ${JSON.stringify(shape)}'],
  ['H11', 'nn/attention.test.ts', 'has a bias in every projection or in none'],
  ['H12', 'nn/recurrent.test.ts', '${name}: static equals dynamic, unroll ${unroll}'],
  ['H12', 'nn/recurrent.test.ts', '${name}: batch-major sequences give the same, swapped'],
  ['H12', 'nn/recurrent.test.ts', 'take nested inputs and functions, also outside of a transform'],
  ['H12', 'nn/recurrent.test.ts', 'all states end with the last one'],
  ['H12', 'nn/recurrent.test.ts', 'starts anew where the signal says so'],
  [
    'H14',
    'nn/batch-apply.test.ts',
    'merges more dimensions, of all arguments, and lets everything else pass',
  ],
  ['H14', 'nn/batch-apply.test.ts', 'adds and removes a dimension at axis ${axis}'],
  ['H17', 'nn/mlp.test.ts', 'activates ${expected} times'],
  ['H17', 'nn/mlp.test.ts', 'reverses sizes and options under a name of its own'],
  ['H17', 'nn/mlp.test.ts', 'drops values before the activation, with keys of a sequence from rng'],
  ['H18', 'nn/nets/nets.test.ts', 'of ${depth} layers has ${counts[depth]} million parameters'],
  ['H18', 'nn/nets/nets.test.ts', 'starts with logits of zeros'],
  ['H18', 'nn/nets/nets.test.ts', 'projects the shortcuts it is told to'],
  ['H19', 'nn/nets/nets.test.ts', 'take the nearest embedding, which quantizes to itself'],
  ['H19', 'nn/nets/nets.test.ts', 'move their averaged embeddings in training only'],
  ['H19', 'nn/nets/nets.test.ts', 'take batches of size zero'],
  ['H21', 'initializers/goldens.test.ts', 'initial values are those of Haiku'],
];

/** What `f` gives in apply, after an init from seed 42. */
function run<T>(f: () => T): T {
  const model = hk.transformWithState((): unknown => f());
  const [params, state] = model.init(42);
  const [y, next] = model.apply(params, state, 1);
  hk.tree.dispose([params, state, next]);
  return y as T;
}

const codeOf = (f: () => unknown): unknown => errorCode(() => hk.transformWithState(() => void f()).init(1));

/** Values of the only output, and its shape. */
function result(f: () => tf.Tensor): [shape: number[], values: number[]] {
  const y = run(f);
  const found: [number[], number[]] = [y.shape, values(y)];
  y.dispose();
  return found;
}

const ones = hk.initializers.constant(1);

describe('Haiku intents H: layers and networks', () => {
  it('are found where the list says', () => {
    for (const [intent, file, words] of ELSEWHERE) {
      const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
      expect(text, `${intent}: ${file}`).to.include(words);
    }
  });

  it('are all tested', () => {
    const here = [import.meta.url, new URL('h-layers.test.ts', import.meta.url)].flatMap((url) =>
      [...readFileSync(new URL(url), 'utf8').matchAll(/\bit\([`'](H\d+) /g)].map(([, intent]) => intent),
    );
    const tested = new Set([...here, ...ELSEWHERE.map(([intent]) => intent)]);
    for (let i = 1; i <= 21; i++) expect([...tested]).to.include(`H${i}`);
  });

  it('H1 Linear takes vectors, batches and batches of sequences, with a bias or without', () => {
    for (const shape of [[3], [2, 3], [4, 2, 3]]) {
      for (const withBias of [true, false]) {
        const [found, y] = result(() =>
          new hk.Linear(2, { withBias, wInit: ones, bInit: ones }).call(tf.ones(shape)),
        );
        expect(found).to.deep.equal([...shape.slice(0, -1), 2]);
        expect(new Set(y)).to.deep.equal(new Set([withBias ? 4 : 3]));
      }
    }
  });

  it('H2 strides, rates, masks, data formats and examples without a batch', () => {
    const conv = (options: object, shape = [1, 5, 1]) =>
      result(() => new hk.Conv1D(1, 3, { wInit: ones, ...options }).call(tf.ones(shape)));
    expect(conv({ stride: 3 })).to.deep.equal([
      [1, 2, 1],
      [3, 2],
    ]);
    expect(conv({ rate: 3 })[1]).to.deep.equal([2, 2, 1, 2, 2]);
    expect(conv({ padding: 'VALID' })[1]).to.deep.equal([3, 3, 3]);
    expect(conv({ dataFormat: 'NCW' }, [1, 1, 5])).to.deep.equal([
      [1, 1, 5],
      [2, 3, 3, 3, 2],
    ]);
    expect(conv({}, [5, 1])).to.deep.equal([
      [5, 1],
      [2, 3, 3, 3, 2],
    ]);
    const masked = result(() => {
      const mask = tf.tensor([0, 1, 0], [3, 1, 1]);
      return new hk.Conv1D(1, 3, { wInit: ones, mask }).call(tf.ones([1, 5, 1]));
    });
    expect(masked[1]).to.deep.equal([1, 1, 1, 1, 1]);
  });

  it('H4 depthwise convolutions pad as told, channels first or last', () => {
    const padding = [
      [4, 4],
      [4, 4],
    ] as const;
    for (const [dataFormat, shape, expected] of [
      ['NHWC', [1, 4, 4, 2], [1, 10, 10, 6]],
      ['NCHW', [1, 2, 4, 4], [1, 6, 10, 10]],
    ] as const) {
      const conv = (): tf.Tensor =>
        new hk.DepthwiseConv2D(3, 3, { dataFormat, padding }).call(tf.ones([...shape]));
      expect(result(conv)[0]).to.deep.equal(expected);
    }
  });

  it('H6 BatchNorm of any axes, without parameters, refuses what contradicts itself', () => {
    const bare = { createScale: false, createOffset: false, decayRate: 0.9 };
    const model = hk.transformWithState((x: tf.Tensor2D) =>
      new hk.BatchNorm({ ...bare, axis: 0 }).call(x, true),
    );
    const x = tf.tensor2d([[1], [3]]);
    const [params, state] = model.init(null, x);
    expect(params).to.deep.equal({});
    hk.tree.dispose([x, params, state]);
    expect(codeOf(() => new hk.BatchNorm({ ...bare, scaleInit: ones }))).to.equal('layer-options');
    expect(codeOf(() => new hk.BatchNorm({ ...bare, offsetInit: ones }))).to.equal('layer-options');
    for (const what of ['scale', 'offset']) {
      const norm = (): unknown =>
        new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(
          tf.ones([2, 1]),
          true,
          {
            [what]: tf.ones([2, 1]),
          },
        );
      expect(codeOf(norm), what).to.equal('call-options');
    }
  });

  it('H8 averages of 3 and then 6 at 0.5 are 3 and 5, of constants the constant', () => {
    const averages = (list: readonly number[]): number[] =>
      run(() => {
        const ema = new hk.ExponentialMovingAverage(0.5);
        return list.map((value) => ema.call(tf.scalar(value)).dataSync()[0]);
      });
    expect(averages([3, 6])).to.deep.equal([3, 5]);
    expect(averages([4, 4, 4])).to.deep.equal([4, 4, 4]);
  });

  it('H9 the largest singular value of 4 I is 4, also of a matrix in three dimensions', () => {
    for (const shape of [
      [8, 8],
      [2, 4, 8],
    ]) {
      const [found, y] = result(() => {
        const norm = new hk.SpectralNorm();
        norm.call(tf.reshape(tf.mul(tf.eye(8), 4), shape));
        return norm.sigma;
      });
      expect(found).to.deep.equal([]);
      expect(y[0]).to.be.closeTo(4, 1e-3);
    }
  });

  it('H12 ResetCore takes signals of a shape that begins as its state does, and no others', () => {
    const step = (batchSize: number | null, shouldReset: unknown) => (): tf.Tensor => {
      const core = new hk.ResetCore(new hk.VanillaRNN(3));
      const state = core.initialState(batchSize);
      return core.call([tf.ones(batchSize === null ? [2] : [batchSize, 2]), shouldReset], state)[0];
    };
    const signal = (...shape: number[]): tf.Tensor => tf.ones(shape, 'bool');
    for (const shape of [[], [4], [4, 3]]) {
      const [found] = result(() => step(4, signal(...shape))());
      expect(found, String(shape)).to.deep.equal([4, 3]);
    }
    expect(result(() => step(null, signal())())[0]).to.deep.equal([3]);
    for (const shape of [[5], [4, 1], [3, 4]]) {
      expect(
        codeOf(() => step(4, signal(...shape))()),
        String(shape),
      ).to.equal('input-shape');
    }
  });

  for (const [preserveDims, expected] of [
    [1, [2, 60]],
    [2, [2, 3, 20]],
    [3, [2, 3, 4, 5]],
    [-1, [2, 3, 4, 5]],
    [-2, [2, 3, 20]],
    [-3, [2, 60]],
    [-4, [120]],
    [4, [2, 3, 4, 5]],
  ] as const) {
    it(`H13 Reshape and Flatten with preserveDims: ${preserveDims}`, () => {
      const reshaped = result(() => new hk.Reshape([-1], { preserveDims }).call(tf.ones([2, 3, 4, 5])));
      const flat = result(() => new hk.Flatten({ preserveDims }).call(tf.ones([2, 3, 4, 5])));
      expect(reshaped[0]).to.deep.equal(expected);
      expect(flat[0]).to.deep.equal(expected);
    });
  }

  it('H15 toModule names a function, and takes nothing but a name', () => {
    const scaled = (x: tf.Tensor): tf.Tensor => tf.mul(x, hk.getParameter('w', [], { init: ones }));
    const Scaled = hk.toModule(scaled);
    const model = hk.transform((x: tf.Tensor) => new Scaled('twice').call(new Scaled().call(x)));
    const x = tf.scalar(2);
    const params = model.init(null, x);
    expect(Object.keys(params)).to.deep.equal(['scaled', 'twice']);
    hk.tree.dispose([x, params]);
    expect(codeOf(() => new Scaled(3 as never))).to.equal('module-name-invalid');
  });

  it('H16 Deferred makes its module at the first call, once, and is then that module', () => {
    const made: string[] = [];
    const [width, text, isLinear, outputSize] = run(() => {
      const encoder = new hk.Linear(3);
      const decoder = new hk.Deferred(() => {
        made.push('made');
        return new hk.Linear(encoder.inputSize ?? 0, { name: 'decoder' });
      });
      const before = made.length;
      const x = tf.ones([2, 5]);
      const y = decoder.call(encoder.call(x));
      decoder.call(encoder.call(x));
      const shown = [
        y.shape[1],
        `${made.length - before} made: ${String(decoder)}`,
        decoder.target instanceof hk.Linear,
      ] as const;
      return [...shown, decoder.outputSize] as const;
    });
    expect([width, isLinear, outputSize]).to.deep.equal([5, true, 5]);
    expect(text).to.equal("1 made: Deferred(Linear({ outputSize: 5, name: 'decoder' }))");
    // Once in init and once in apply.
    expect(made).to.have.length(2);
    expect(errorCode(() => new hk.Deferred(() => ({})))).to.equal('outside-transform');
  });

  it('H17 MLP shows its layers as they were made, and hands its input on without any', () => {
    const [shown, same] = run(() => {
      const x = tf.ones([2, 3]);
      return [String(new hk.nets.MLP([1]).layers[0]), new hk.nets.MLP([]).call(x) === x] as const;
    });
    expect(shown).to.equal("Linear({ outputSize: 1, name: 'linear_0' })");
    expect(same).to.equal(true);
  });

  it('H18 ResNet refuses lists that are not of four, and takes the options of its first convolution', () => {
    const four = { blocksPerGroup: [1, 1, 1, 1], numClasses: 2 };
    for (const list of ['blocksPerGroup', 'channelsPerGroup', 'strides', 'useProjection']) {
      expect(
        codeOf(() => new hk.nets.ResNet({ ...four, [list]: [1, 1, 1] })),
        list,
      ).to.equal('layer-options');
    }
    const initialConvConfig = { outputChannels: 8, kernelShape: 3, stride: 1, name: 'first' };
    const model = hk.transformWithState((x: tf.Tensor4D) =>
      new hk.nets.ResNet({ ...four, channelsPerGroup: [8, 8, 8, 8], initialConvConfig }).call(x, true),
    );
    const x = tf.ones<tf.Rank.R4>([1, 8, 8, 3]);
    const [params, state] = model.init(42, x);
    expect(params['res_net/~/first'].w.shape).to.deep.equal([3, 3, 3, 8]);
    hk.tree.dispose([x, params, state]);
  });

  it('H20 MobileNetV1 gives a row of classes, and refuses lists of different lengths', () => {
    const small = { strides: [1, 2], channels: [4, 8], numClasses: 7 };
    const [shape] = result(() => new hk.nets.MobileNetV1(small).call(tf.ones([2, 8, 8, 3]), true));
    expect(shape).to.deep.equal([2, 7]);
    expect(codeOf(() => new hk.nets.MobileNetV1({ ...small, strides: [1] }))).to.equal('layer-options');
  });

  it('H21 the scale of initial values follows the units on each side, and constants broadcast', () => {
    for (const [shape, fanIn, fanOut] of [
      [[], 1, 1],
      [[3], 3, 3],
      [[3, 4], 3, 4],
      [[3, 4, 5], 12, 15],
      [[1, 2, 3, 4], 6, 8],
      [[2, 3, 4, 5], 24, 30],
    ] as const) {
      const limitOf = (mode: 'fan_in' | 'fan_out', scale: number): number[] =>
        run(() => {
          const init = hk.initializers.varianceScaling({ scale, mode, distribution: 'uniform' });
          return values(hk.withRng(hk.random.key(3), () => init([...shape], 'float32')));
        });
      // Scaling by the units on a side cancels them: the same draw from the same bounds.
      const unit = limitOf('fan_in', fanIn);
      limitOf('fan_out', fanOut).forEach((value, i) => expect(value).to.be.closeTo(unit[i], 1e-6));
      unit.forEach((value) => expect(Math.abs(value)).to.be.below(Math.sqrt(3)));
    }
    const [shape, list] = result(() => hk.initializers.constant([1, 2, 3])([2, 3], 'float32'));
    expect([shape, list]).to.deep.equal([
      [2, 3],
      [1, 2, 3, 1, 2, 3],
    ]);
  });
});

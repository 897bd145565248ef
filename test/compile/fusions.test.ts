import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { jit } from '../../src/compile/jit.js';
import { expectClose } from '../support/compare.js';
import { values } from '../support/values.js';

type Trees = readonly hk.tree.Tree<tf.Tensor>[];

function drawn(shape: readonly number[], seed: number): tf.Tensor {
  return tf.tensor(
    values(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    [...shape],
  );
}

function kernels(description: { toString(): string }): string[] {
  return [...String(description).matchAll(/= ([\w.]+)\(/g)].map((match) => match[1]);
}

/**
 * The kernels of the plan of `f(params, x)`, whose replays agree with `f`: with the parameters as inputs that change, as inputs that stay,
 * and as constants.
 */
function checked(
  f: (params: hk.Params, x: tf.Tensor) => unknown,
  init: () => hk.Params,
  shape: readonly number[],
): string[] {
  return tf.tidy(() => {
    const params = init();
    const other = hk.tree.map(
      (p: tf.Tensor) => tf.add(p, tf.mul(drawn(p.shape, 99), 0.3)),
      params,
    ) as hk.Params;
    const compare = (run: typeof f, p: hk.Params, seed: number): void => {
      const x = drawn(shape, seed);
      const expected = hk.tree.leaves(f(p, x) as Trees);
      hk.tree.leaves(run(p, x) as Trees).forEach((leaf, i) => {
        expect(leaf.shape).to.deep.equal(expected[i].shape);
        expectClose(leaf, expected[i].dataSync() as Float32Array, 1e-5);
      });
    };
    const jitted = jit(f);
    [params, params, params, other, params].forEach((p, i) => compare(jitted, p, i));
    const fixed = jit(f, { constants: params });
    [1, 2, 3].forEach((seed) => compare(fixed, params, seed));
    const names = kernels(fixed.lower(params, drawn(shape, 1)));
    jitted.dispose();
    fixed.dispose();
    return names;
  });
}

describe('fusions of plans on WASM', () => {
  for (const batch of [1, 2, 9]) {
    it(`unroll an LSTM with a batch of ${batch}, the inputs of all steps in one product`, () => {
      const model = hk.transform((x: tf.Tensor) => {
        const core = new hk.LSTM(6);
        return hk.dynamicUnroll(core, x, core.initialState(batch));
      });
      const names = checked(
        (p, x) => model.apply(p, null, x),
        () => model.init(1, tf.zeros([5, batch, 3])),
        [5, batch, 3],
      );
      expect(names.filter((name) => name === 'TankaLstmStep')).to.have.lengthOf(5);
      expect(names.filter((name) => name === '_FusedMatMul')).to.have.lengthOf(1);
      expect(names).not.to.include('Concat');
    });
  }

  it('take few steps of an LSTM one by one', () => {
    const model = hk.transform((x: tf.Tensor) => {
      const core = new hk.LSTM(40);
      return hk.staticUnroll(core, x, core.initialState(12))[0];
    });
    const names = checked(
      (p, x) => model.apply(p, null, x),
      () => model.init(1, tf.zeros([2, 12, 37])),
      [2, 12, 37],
    );
    expect(names.filter((name) => name === 'TankaLstmStep')).to.have.lengthOf(2);
    expect(names).not.to.include('_FusedMatMul');
  });

  it('leave a cell alone of which more is read than its state', () => {
    const model = hk.transform((x: tf.Tensor) => {
      const gates = new hk.Linear(16).call(x);
      const [i, g, f, o] = tf.split(gates, 4, -1);
      const cell = tf.mul(tf.sigmoid(i), tf.tanh(g));
      const next = tf.add(tf.mul(tf.sigmoid(f), cell), cell);
      const early = tf.relu(next);
      return [tf.mul(tf.sigmoid(o), tf.tanh(next)), early, tf.neg(i)];
    });
    const names = checked(
      (p, x) => model.apply(p, null, x),
      () => model.init(1, tf.zeros([3, 5])),
      [3, 5],
    );
    expect(names).not.to.include('TankaLstmCell');
  });

  it('replay a GRU', () => {
    const model = hk.transform((x: tf.Tensor) => {
      const core = new hk.GRU(6);
      return hk.dynamicUnroll(core, x, core.initialState(9));
    });
    checked(
      (p, x) => model.apply(p, null, x),
      () => model.init(1, tf.zeros([4, 9, 5])),
      [4, 9, 5],
    );
  });

  const attention = (masked: boolean, returnWeights = false) =>
    hk.transform((x: tf.Tensor) => {
      const length = x.shape[x.rank - 2];
      const causal = tf.cast(tf.linalg.bandPart(tf.ones([length, length]), -1, 0), 'bool');
      const mask = masked
        ? tf.reshape(causal, [...x.shape.slice(0, -2).map(() => 1), 1, length, length])
        : null;
      const layer = new hk.MultiHeadAttention(3, 4, { wInitScale: 1, valueSize: 5, modelSize: 7 });
      return returnWeights ? layer.call(x, x, x, mask, { returnWeights: true }) : layer.call(x, x, x, mask);
    });

  for (const shape of [
    [6, 8],
    [2, 6, 8],
    [2, 2, 6, 8],
  ]) {
    for (const masked of [false, true]) {
      it(`attend ${masked ? 'with a mask ' : ''}on [${String(shape)}] without transposes`, () => {
        const model = attention(masked);
        const names = checked(
          (p, x) => model.apply(p, null, x),
          () => model.init(1, tf.zeros(shape)),
          shape,
        );
        expect(
          names.filter((name) => ['Transpose', 'Softmax', 'Select', 'RealDiv'].includes(name)),
        ).to.deep.equal([]);
        expect(names).to.include('TankaAttention');
      });
    }
  }

  it('keep attention weights that are asked for', () => {
    const model = attention(true, true);
    const names = checked(
      (p, x) => model.apply(p, null, x),
      () => model.init(1, tf.zeros([2, 6, 8])),
      [2, 6, 8],
    );
    expect(names).not.to.include('TankaAttention');
  });

  it('attend with plain products of matrices, scaled by a factor', () => {
    const f = (_: hk.Params, x: tf.Tensor): tf.Tensor =>
      tf.matMul(tf.softmax(tf.mul(tf.matMul(x, tf.tanh(x), false, true), 0.3)), tf.neg(x));
    expect(checked(f, () => ({}), [2, 5, 3])).to.include('TankaAttention');
  });
});

describe('elementwise groups of plans', () => {
  it('run tile by tile, with single values, odd ends, results in their middle and operands that die', () => {
    const f = (_: hk.Params, x: tf.Tensor): tf.Tensor[] => {
      const y = tf.mul(tf.add(x, 1), 0.5);
      const z = tf.sub(tf.tanh(y), tf.mul(y, y));
      const chosen = tf.where(tf.greater(z, 0), z, tf.mul(z, -0.1));
      return [z, tf.add(chosen, tf.square(x)), tf.maximum(y, tf.neg(x))];
    };
    for (const n of [2048, 2049, 5003]) checked(f, () => ({}), [n]);
    checked(f, () => ({}), [70, 61]);
  });

  it('write over operands of steps, never over arguments, constants or results', () => {
    const f = (_: hk.Params, x: tf.Tensor): tf.Tensor[] => {
      const y = tf.exp(x);
      const a = tf.neg(y);
      const b = tf.mul(a, 2);
      return [y, tf.add(b, a), x, tf.reshape(tf.add(b, 1), [-1])];
    };
    checked(f, () => ({}), [4, 3]);
    checked(f, () => ({}), [100, 40]);
  });

  it('need little memory: what only a group reads has one tile', () => {
    const jitted = jit((x: tf.Tensor) => tf.relu(tf.add(tf.mul(tf.tanh(x), 2), 1)));
    const x = tf.zeros([100_000]);
    expect(jitted.lower(x).arenaBytes).to.be.below(50_000);
    x.dispose();
  });
});

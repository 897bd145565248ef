import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { mergeCommonSubexpressions } from '../../../src/compile/passes/common-subexpressions.js';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { fuseCells } from '../../../src/compile/passes/fuse-cells.js';
import { fuseEpilogues } from '../../../src/compile/passes/fuse-epilogues.js';
import { hoistProjections } from '../../../src/compile/passes/hoist-projections.js';
import { kernelsAfter, type Trial } from './run.js';

const passes = [mergeCommonSubexpressions, fuseEpilogues, fuseCells, hoistProjections, removeDeadCode];

function after(f: Trial['f'], shapes: Trial['shapes']): string[] {
  return kernelsAfter(passes, { f, shapes });
}

type Weights = [wI: tf.Tensor, wH: tf.Tensor, b: tf.Tensor, bH: tf.Tensor];

const affine = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b);

/** One step; `order` says which parts of the shares of the state are update, reset and candidate. */
function gru(x: tf.Tensor, h: tf.Tensor, [wI, wH, b, bH]: Weights, order = [0, 1, 2]): tf.Tensor {
  const [xz, xr, xa] = tf.split(affine(x, wI, b), 3, -1);
  const parts = tf.split(affine(h, wH, bH), 3, -1);
  const [hz, hr, ha] = order.map((i) => parts[i]);
  const z = tf.sigmoid(tf.add(xz, hz));
  const r = tf.sigmoid(tf.add(hr, xr));
  const a = tf.tanh(tf.add(xa, tf.mul(r, ha)));
  return tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, a));
}

const weights = (n: number): number[][] => [[3, 3 * n], [n, 3 * n], [3 * n], [3 * n]];

describe('a GRU cell that resets behind its product becomes one kernel', () => {
  for (const [rows, n] of [
    [1, 5],
    [2, 8],
    [9, 7],
    [33, 1],
  ]) {
    it(`of ${rows} rows, ${n} wide`, () => {
      const f = (x: tf.Tensor, h: tf.Tensor, ...w: Weights): tf.Tensor => gru(x, h, w);
      expect(after(f, [[rows, 3], [rows, n], ...weights(n)])).to.deep.equal(['TankaGruAfterStep']);
    });
  }

  it('step after step, with the inputs of all of them as one product', () => {
    const f = (x: tf.Tensor, h: tf.Tensor, ...w: Weights): tf.Tensor =>
      tf.unstack(x).reduce((state, one) => gru(one, state, w), h);
    const shapes = [[5, 2, 3], [2, 6], ...weights(6)];
    const kernels = after(f, shapes).filter((name) => name !== 'Unpack');
    expect(kernels).to.deep.equal(['_FusedMatMul', ...Array<string>(5).fill('TankaGruAfterStep')]);
  });

  const shapes = [[2, 3], [2, 5], ...weights(5)];
  const left: Record<string, Trial['f']> = {
    'parts in another order': (x: tf.Tensor, h: tf.Tensor, ...w: Weights) => gru(x, h, w, [1, 0, 2]),
    'a part that is read twice': (x: tf.Tensor, h: tf.Tensor, ...w: Weights) => gru(x, h, w, [0, 2, 2]),
    'a gate that is a result': (x: tf.Tensor, h: tf.Tensor, ...[wI, wH, b, bH]: Weights) => {
      const [xz, xr, xa] = tf.split(affine(x, wI, b), 3, -1);
      const [hz, hr, ha] = tf.split(affine(h, wH, bH), 3, -1);
      const z = tf.sigmoid(tf.add(xz, hz));
      const a = tf.tanh(tf.add(xa, tf.mul(tf.sigmoid(tf.add(xr, hr)), ha)));
      return [tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, a)), z];
    },
    'another mixture of states': (x: tf.Tensor, h: tf.Tensor, ...[wI, wH, b, bH]: Weights) => {
      const [xz, xr, xa] = tf.split(affine(x, wI, b), 3, -1);
      const [hz, hr, ha] = tf.split(affine(h, wH, bH), 3, -1);
      const z = tf.sigmoid(tf.add(xz, hz));
      const a = tf.tanh(tf.add(xa, tf.mul(tf.sigmoid(tf.add(xr, hr)), ha)));
      return tf.add(tf.mul(tf.sub(1, z), a), tf.mul(z, h));
    },
  };
  for (const [name, f] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f, shapes)).to.not.include('TankaGruAfterStep');
    });
  }

  it('but not of a state that is not the one of its product', () => {
    const f = (x: tf.Tensor, h: tf.Tensor, other: tf.Tensor, ...[wI, wH, b, bH]: Weights): tf.Tensor => {
      const [xz, xr, xa] = tf.split(affine(x, wI, b), 3, -1);
      const [hz, hr, ha] = tf.split(affine(other, wH, bH), 3, -1);
      const z = tf.sigmoid(tf.add(xz, hz));
      const a = tf.tanh(tf.add(xa, tf.mul(tf.sigmoid(tf.add(xr, hr)), ha)));
      return tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, a));
    };
    expect(after(f, [[2, 3], [2, 5], ...shapes.slice(1)])).to.not.include('TankaGruAfterStep');
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { values } from '../support/tensors.js';

const { randomNormal } = hk.initializers;

@hk.module()
class Block extends hk.Module {
  call(x: tf.Tensor): tf.Tensor {
    const w = hk.getParameter('w', [8, 8], { init: randomNormal({ stddev: 0.3 }) });
    const n = hk.getState('n', [], { init: hk.initializers.constant(0) });
    hk.setState('n', tf.add(n, tf.mean(x)));
    const noise = hk.random.normal(hk.nextRngKey(), [1, 8]);
    return tf.tanh(tf.add(tf.matMul(tf.sigmoid(tf.exp(tf.mul(tf.tanh(x), 0.1))), w as tf.Tensor2D), noise));
  }
}

type Wrap = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => tf.Tensor;

/** Loss of five blocks on a batch, and the bytes held when the forward pass has ended. */
function modelOf(wrap: Wrap): {
  model: ReturnType<typeof hk.transformWithState<(x: tf.Tensor) => tf.Tensor>>;
  bytes: () => number;
} {
  let bytes = 0;
  const model = hk.transformWithState((x: tf.Tensor): tf.Tensor => {
    let y = x;
    for (let i = 0; i < 5; i++) y = wrap((v) => new Block().call(v))(y);
    bytes = tf.memory().numBytes;
    return tf.sum(tf.square(y));
  });
  return { model, bytes: () => bytes };
}

describe('Haiku intents G: remat', () => {
  it('G3 changes no number, name or key, and saves the memory of what it computes again', () => {
    const x = tf.ones([512, 8]);
    const run = (wrap: Wrap) => {
      const { model, bytes } = modelOf(wrap);
      const [params, state] = model.init(3, x);
      const f = (p: hk.Params, input: tf.Tensor) => {
        const [loss, after] = model.apply(p, state, 5, input);
        return [loss, after] as const;
      };
      const before = tf.memory().numBytes;
      const result = hk.valueAndGrad(f, { argnums: [0, 1], hasAux: true })(params, x);
      return { params, state, result, held: bytes() - before };
    };
    const plain = run((f) => f);
    const saving = run((f) => hk.remat(f));
    expect(Object.keys(saving.params)).to.deep.equal(['block', 'block_1', 'block_2', 'block_3', 'block_4']);
    const [a, b] = [plain, saving].map(({ params, state, result }) =>
      hk.tree.leaves([params, state, result]),
    );
    expect(a.length).to.equal(b.length);
    a.forEach((leaf, i) => expect(values(b[i])).to.deep.equal(values(leaf)));
    // Each block saves several arrays of 512 × 8 floats; recomputing keeps only those between the blocks.
    expect(saving.held).to.be.lessThan(plain.held / 2);
    hk.tree.dispose([x, a, b]);
  });

  it('G3 recomputes as often as a gradient is taken, also with what was freed since, and nests', () => {
    let runs = 0;
    const inner = hk.remat((a: tf.Tensor): tf.Tensor => {
      runs++;
      return tf.exp(tf.sin(a));
    });
    const x = tf.scalar(0.5);
    const y = inner(x);
    expect(runs, 'no gradient, no second run').to.equal(1);
    const f = (a: tf.Tensor): tf.Tensor => {
      const held = tf.tidy(() => {
        const between = tf.mul(a, 2);
        return hk.remat((v: tf.Tensor) => tf.mul(inner(v), between))(a);
      });
      return held;
    };
    const plain = (a: tf.Tensor): tf.Tensor => tf.mul(tf.exp(tf.sin(a)), tf.mul(a, 2));
    for (const depth of [1, 2]) {
      const of = (g: (a: tf.Tensor) => tf.Tensor) => (depth === 1 ? hk.grad(g) : hk.grad(hk.grad(g)));
      const [expected, actual] = [of(plain)(x), of(f)(x)];
      expect(values(actual)[0]).to.be.closeTo(values(expected)[0], 1e-5);
      hk.tree.dispose([expected, actual]);
    }
    runs = 0;
    const gradient = hk.grad((a: tf.Tensor) => inner(a))(x);
    expect(runs).to.equal(2);
    hk.tree.dispose([x, y, gradient]);
  });
});

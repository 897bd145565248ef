import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant } = hk.initializers;

describe('Haiku intents G: grad and valueAndGrad', () => {
  it('G1 give value and gradient of the nesting of the argument', () => {
    const p = { a: tf.tensor1d([1, 2]), nested: [tf.scalar(3), { unused: tf.tensor1d([7, 8]) }] as const };
    const [value, gradient] = hk.valueAndGrad((q: typeof p) => tf.mul(tf.sum(tf.square(q.a)), q.nested[0]))(
      p,
    );
    expect(values(value)).to.deep.equal([15]);
    expect(Object.keys(gradient)).to.deep.equal(['a', 'nested']);
    expect(values(gradient.a)).to.deep.equal([6, 12]);
    expect(values(gradient.nested[0])).to.deep.equal([5]);
    expect(values(gradient.nested[1].unused), 'zeros where nothing flows').to.deep.equal([0, 0]);
    hk.tree.dispose([p, value, gradient]);
  });

  it('G1 differentiate the chosen arguments and carry aux', () => {
    const [x, y] = [tf.scalar(3), tf.scalar(5)];
    const f = (a: tf.Tensor, b: tf.Tensor) =>
      [tf.mul(tf.square(a), b), { sum: tf.add(a, b), count: 2 }] as const;
    const [[value, aux], gradients] = hk.valueAndGrad(f, { argnums: [1, 0], hasAux: true })(x, y);
    expect(values(value)).to.deep.equal([45]);
    expect(values(aux.sum)).to.deep.equal([8]);
    expect(aux.count).to.equal(2);
    expect(gradients.map((g) => values(g)[0])).to.deep.equal([9, 30]);
    const [g, again] = hk.grad(f, { argnums: 1, hasAux: true })(x, y);
    expect(values(g)).to.deep.equal([9]);
    hk.tree.dispose([x, y, value, aux, gradients, g, again]);
  });

  it('G1 tell a tensor at two leaves apart, and an argument from what the function closes over', () => {
    const x = tf.scalar(3);
    const product = hk.grad((p: { a: tf.Tensor; b: tf.Tensor }) => tf.mul(tf.square(p.a), p.b))({
      a: x,
      b: x,
    });
    expect(values(product.a)).to.deep.equal([18]);
    expect(values(product.b)).to.deep.equal([9]);
    expect(product.a).not.to.equal(product.b);
    const sum = hk.grad((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b), { argnums: [0, 1] })(x, x);
    expect(sum[0].dataId).not.to.equal(undefined);
    sum[0].dispose();
    expect(values(sum[1]), 'each gradient has a handle of its own').to.deep.equal([1]);
    const closed = hk.grad((a: tf.Tensor) => tf.mul(a, x))(x);
    expect(values(closed), 'only the argument counts').to.deep.equal([3]);
    hk.tree.dispose([x, product, sum[1], closed]);
  });

  it('G1 own their results', () => {
    const x = tf.scalar(2);
    const [[value, aux], gradient] = hk.valueAndGrad((a: tf.Tensor) => [a, [a, x, a]] as const, {
      hasAux: true,
    })(x);
    expect(new Set([x, value, ...aux, gradient]).size).to.equal(6);
    hk.tree.dispose([value, aux, gradient]);
    expect(values(x)).to.deep.equal([2]);
    x.dispose();
  });

  it('G1 nest', () => {
    const x = tf.scalar(2);
    const cube = (a: tf.Tensor) => tf.mul(tf.square(a), a);
    const third = hk.grad(hk.grad(hk.grad(cube)))(x);
    expect(values(third)[0]).to.be.closeTo(6, 1e-5);
    const mixed = hk.grad((a: tf.Tensor) => tf.mul(hk.grad(cube)(a), a))(x);
    expect(values(mixed)[0], "(3a^2 a)' = 9a^2").to.be.closeTo(36, 1e-4);
    hk.tree.dispose([x, third, mixed]);
  });

  it('G1 refuse what has no gradient, and leave nothing behind', () => {
    const [x, i] = [tf.tensor1d([1, 2]), tf.scalar(1, 'int32')];
    expect(errorCode(() => hk.grad((a: tf.Tensor) => a)(x))).to.equal('grad-not-scalar');
    expect(errorCode(() => hk.grad((a: tf.Tensor) => tf.sum(a))(i))).to.equal('grad-not-float');
    expect(errorCode(() => hk.grad(() => tf.scalar(0), { argnums: 1 as 0 })())).to.equal('grad-argument');
    const before = tf.memory().numTensors;
    const failing = hk.grad((a: tf.Tensor) => {
      const y = tf.sum(tf.exp(tf.square(a)));
      if (y.size === 1) throw new Error('half way');
      return y;
    });
    for (let n = 0; n < 3; n++) expect(() => failing(x)).to.throw('half way');
    expect(() => hk.grad((a: tf.Tensor) => tf.sum(failing(a)))(x)).to.throw('half way');
    expect(tf.memory().numTensors).to.equal(before);
    const fine = hk.grad((a: tf.Tensor) => tf.sum(tf.square(a)))(x);
    expect(values(fine), 'a later gradient is not disturbed').to.deep.equal([2, 4]);
    hk.tree.dispose([x, i, fine]);
  });

  it('G1 take parameters of an apply', () => {
    const model = hk.transform((x: tf.Tensor) =>
      tf.sum(tf.mul(hk.getParameter('w', [2], { init: constant(3) }), x)),
    );
    const x = tf.tensor1d([5, 7]);
    const params = model.init(null, x);
    const [value, gradient] = hk.valueAndGrad((p: hk.Params) => model.apply(p, null, x))(params);
    expect(values(value)).to.deep.equal([36]);
    expect(values(gradient['~'].w)).to.deep.equal([5, 7]);
    hk.tree.dispose([params, x, value, gradient]);
  });

  it('G1 carry state and keys through a transform, and give names back', () => {
    const seen: string[] = [];
    const drawn: hk.PRNGKey[] = [];
    @hk.module()
    class E extends hk.Module {
      call(): tf.Tensor {
        seen.push(this.moduleName);
        return hk.getParameter('w', [], { init: constant(2) });
      }
    }
    const model = hk.transformWithState((x: tf.Tensor) => {
      const gradient = hk.grad((a: tf.Tensor) => {
        hk.setState('last', tf.square(a));
        drawn.push(hk.nextRngKey());
        return tf.mul(tf.square(a), new E().call());
      })(x);
      drawn.push(hk.nextRngKey());
      return tf.add(gradient, new E().call());
    });
    const x = tf.scalar(3);
    const [params, state] = model.init(0, x);
    const [y, after] = model.apply(params, state, hk.random.key(9), x);
    expect(seen, 'the name is free again').to.deep.equal(['e', 'e', 'e', 'e']);
    expect(values(y)).to.deep.equal([14]);
    expect(values(after['~'].last)).to.deep.equal([9]);
    const keys = new hk.PRNGSequence(9);
    expect(drawn.slice(2)).to.deep.equal([keys.nextKey(), keys.nextKey()]);
    hk.tree.dispose([x, params, state, y, after]);
  });
});

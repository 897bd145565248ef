import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectClose } from '../support/compare.js';
import { errorCode } from '../support/errors.js';
import { tolerances } from '../support/tolerances.js';

const values = (tensor: tf.Tensor): Float32Array => tensor.dataSync().slice() as Float32Array;

async function use(backend: 'cpu' | 'wasm'): Promise<void> {
  await tf.setBackend(backend);
  await tf.ready();
}

describe('a backend that is switched', () => {
  afterEach(async () => use('wasm'));

  it('between init, apply and the gradient moves the values along', async () => {
    const model = hk.transform(
      (x: tf.Tensor) => tf.sum(tf.square(new hk.nets.MLP([5, 2]).call(x))) as tf.Scalar,
    );
    const x = tf.tensor2d([[1, -2, 3]]);
    const params = model.init(42, x);
    const loss = (p: hk.Params): tf.Scalar => model.apply(p, null, x);
    const [value, gradient] = hk.valueAndGrad(loss)(params);
    await use('cpu');
    const [moved, movedGradient] = hk.valueAndGrad(loss)(params);
    expectClose(values(moved), values(value), tolerances.output);
    hk.tree.map(
      (a: tf.Tensor, b: tf.Tensor) => {
        expectClose(values(a), values(b), tolerances.gradient);
        return 0;
      },
      movedGradient,
      gradient,
    );
    await use('wasm');
    const back = loss(params);
    expectClose(values(back), values(value), tolerances.output);
    hk.tree.dispose([x, params, value, gradient, moved, movedGradient, back]);
  });

  it('between two calls of a plan makes another plan', async () => {
    const jitted = hk.jit((x: tf.Tensor) => tf.mul(tf.exp(x), 2));
    const x = tf.tensor([0, 1]);
    const first = jitted(x);
    await use('cpu');
    const second = jitted(x);
    expectClose(values(second), values(first), tolerances.output);
    await use('wasm');
    const third = jitted(x);
    expectClose(values(third), values(first), tolerances.output);
    jitted.dispose();
    hk.tree.dispose([x, first, second, third]);
  });
});

describe('a disposed tensor', () => {
  const model = hk.transform((x: tf.Tensor) => new hk.Linear(2).call(x));

  it('is told apart wherever it comes in', () => {
    const x = tf.ones([1, 3]);
    const params = model.init(1, x);
    const gone = tf.ones([1, 3]);
    gone.dispose();
    const jitted = hk.jit((y: tf.Tensor) => tf.neg(y));
    const calls: Record<string, () => unknown> = {
      init: () => model.init(1, gone),
      apply: () => model.apply(params, null, gone),
      grad: () => hk.grad((y: tf.Tensor) => tf.sum(y) as tf.Scalar)(gone),
      scan: () => hk.scan((c: tf.Tensor): [tf.Tensor, null] => [c, null], gone, null, { length: 1 }),
      foriLoop: () => hk.foriLoop(0, 1, (_, c: tf.Tensor) => c, gone),
      whileLoop: () =>
        hk.whileLoop(
          () => false,
          (c: tf.Tensor) => c,
          gone,
        ),
      cond: () =>
        hk.cond(
          true,
          (c: tf.Tensor) => c,
          (c: tf.Tensor) => c,
          gone,
        ),
      switch: () => hk.switch(0, [(c: tf.Tensor) => c], gone),
      map: () => hk.map((c: tf.Tensor) => c, gone),
      remat: () => hk.remat((c: tf.Tensor) => tf.neg(c))(gone),
      donate: () => hk.donate((c: tf.Tensor): [tf.Tensor, null] => [tf.neg(c), null])(gone),
      vmap: () => hk.vmap((y: tf.Tensor) => y)(gone),
      'jit, the first call': () => jitted(gone),
      'jit, a replay': () => {
        hk.tree.dispose(jitted(x));
        return jitted(gone);
      },
    };
    const codes = Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, errorCode(call)]));
    expect(codes).to.deep.equal(
      Object.fromEntries(Object.keys(calls).map((name) => [name, 'tensor-disposed'])),
    );
    jitted.dispose();
    const dead = model.init(1, x);
    hk.tree.dispose(dead);
    expect(
      errorCode(() => model.apply(dead, null, x)),
      'a parameter',
    ).to.equal('tensor-disposed');
    hk.tree.dispose([x, params]);
  });
});

describe('re-entrancy', () => {
  it('of a transform inside of an initializer inside of a transform keeps names, keys and state apart', () => {
    const seen: string[] = [];
    const inner = hk.transformWithState((x: tf.Tensor) => {
      seen.push(new hk.Linear(2).moduleName);
      hk.setState('count', tf.scalar(1));
      return tf.add(new hk.Linear(2).call(x), hk.random.uniform(hk.nextRngKey(), []));
    });
    const model = hk.transformWithState((x: tf.Tensor) => {
      const wInit: hk.Initializer = (shape) => {
        const [params, state] = inner.init(5, tf.ones([1, 2]));
        const [y] = inner.apply(params, state, hk.nextRngKey(), tf.ones([1, 2]));
        return tf.mul(tf.ones(shape as number[]), tf.mean(y));
      };
      const first = new hk.Linear(2, { wInit });
      const y = first.call(x);
      return new hk.Linear(1, { wInit }).call(y);
    });
    const x = tf.ones([1, 2]);
    const [params, state] = model.init(3, x);
    const [again, stateAgain] = model.init(3, x);
    expect(Object.keys(params)).to.deep.equal(['linear', 'linear_1']);
    expect(state).to.deep.equal({});
    expect(new Set(seen)).to.deep.equal(new Set(['linear']));
    expect(values(again.linear.w)).to.deep.equal(values(params.linear.w));
    expect(values(params.linear_1.w)[0], 'another key').to.not.equal(values(params.linear.w)[0]);
    hk.tree.dispose([x, params, state, again, stateAgain]);
  });
});

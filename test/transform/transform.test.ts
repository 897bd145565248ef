import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant, randomNormal } = hk.initializers;
const one = { init: constant(1) };

/** The code that `init` of `f` throws, and the one that `apply` throws. */
function codes(f: () => unknown, params: hk.Params = {}): unknown[] {
  const model = hk.transformWithState(f);
  return [errorCode(() => hk.tree.dispose(model.init(null))), errorCode(() => model.apply(params, {}, null))];
}

describe('init and apply', () => {
  it("return what is the caller's, and leave what they were given", () => {
    const model = hk.transform((x: tf.Tensor) => [x, hk.getParameter('w', [], one), x]);
    const x = tf.scalar(3);
    const params = model.init(null, x);
    const y = model.apply(params, null, x);
    expect(new Set([...y, x, params['~'].w]).size).to.equal(5);
    hk.tree.dispose(y);
    expect([values(params['~'].w), values(x)]).to.deep.equal([[1], [3]]);
    hk.tree.dispose([x, params]);
  });

  it('refuse to return what was disposed of, such as parameters and state made in a tidy scope', () => {
    const x = tf.ones<tf.Rank.R2>([1, 2]);
    const tidied = hk.transform((v: tf.Tensor2D) => tf.tidy(() => new hk.Linear(2).call(v)));
    const stateful = hk.transformWithState((v: tf.Tensor2D) => {
      tf.tidy(() => hk.setState('mean', tf.mean(v)));
    });
    const gone = hk.transform((v: tf.Tensor2D) => {
      const y = tf.square(v);
      y.dispose();
      return y;
    });
    const before = tf.memory().numTensors;
    const calls = [
      () => tidied.init(0, x),
      () => stateful.init(0, x),
      () => stateful.apply({}, {}, null, x),
      () => gone.apply({}, null, x),
    ];
    for (const call of calls) expect(errorCode(call), String(call)).to.equal('tensor-disposed');
    expect(tf.memory().numTensors).to.equal(before);
    x.dispose();
  });

  it('refuse what they cannot use', () => {
    const model = hk.transform((x: tf.Tensor) =>
      tf.mul(x, hk.getParameter('w', [], { init: randomNormal() })),
    );
    const x = tf.scalar(1);
    const before = tf.memory().numTensors;
    for (const params of [null, {}, { '~': {} }] as never[]) {
      expect(
        errorCode(() => model.apply(params, null, x)),
        'not a missing rng',
      ).to.equal('parameter-missing');
    }
    for (const rng of ['x', 1.5, tf.scalar(1), [1, 2], undefined] as never[]) {
      expect(['rng-invalid', 'seed-invalid']).to.include(errorCode(() => model.init(rng, x)));
      hk.tree.dispose(rng);
    }
    expect(errorCode(() => model.init(null, x))).to.equal('rng-missing');
    expect(errorCode(() => model.apply([] as never, null, x))).to.equal('params-invalid');
    expect(errorCode(() => model.apply({ '~': x } as never, null, x))).to.equal('params-invalid');
    const stateful = hk.transformWithState((v: tf.Tensor) => v);
    expect(errorCode(() => stateful.apply({}, 3 as never, null, x))).to.equal('state-invalid');
    expect(errorCode(() => hk.withoutState({ init: stateful.init, apply: () => 1 } as never))).to.equal(
      'not-a-pair',
    );
    expect(tf.memory().numTensors).to.equal(before);
    const gone = tf.scalar(1);
    gone.dispose();
    expect(errorCode(() => model.apply({ '~': { w: x } }, null, gone))).to.equal('tensor-disposed');
    expect(errorCode(() => model.apply({ '~': { w: gone } }, null, x))).to.equal('tensor-disposed');
    const hiding = hk.transform(() => new Map([['y', tf.scalar(1)]]));
    expect(errorCode(() => hiding.apply({}, null))).to.equal('result-unsupported');
    x.dispose();
  });

  it('refuse parameters and state that do not fit', () => {
    const w = tf.ones([3]);
    expect(codes(() => hk.getParameter('w', [2]))).to.deep.equal([
      'parameter-initializer-missing',
      'parameter-missing',
    ]);
    expect(codes(() => hk.getParameter('w', [2], one), { '~': { w } })).to.deep.equal([
      undefined,
      'parameter-shape',
    ]);
    expect(codes(() => hk.getParameter('w', [2], { init: () => null as never }))).to.deep.equal([
      'parameter-null',
      'parameter-missing',
    ]);
    expect(codes(() => hk.getState('s'))).to.deep.equal(['state-missing', 'state-missing']);
    expect(codes(() => hk.getState('s', undefined, one))).to.deep.equal([
      'state-shape-missing',
      'state-shape-missing',
    ]);
    const touched = hk.transform(() => hk.setState('s', tf.scalar(1)));
    expect([errorCode(() => touched.init(null)), errorCode(() => touched.apply({}, null))]).to.deep.equal([
      'state-not-empty',
      'state-not-empty',
    ]);
    const asked = hk.transform(() => errorCode(() => hk.getState('s')));
    expect(
      errorCode(() => asked.init(null)),
      'an empty bundle is state too',
    ).to.equal('state-not-empty');
    expect(errorCode(() => hk.transform((() => Promise.resolve(1)) as () => unknown).init(null))).to.equal(
      'async-function',
    );
    w.dispose();
  });

  it('refuse, on request, gradients that are not theirs', () => {
    const use = (gradient: (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => tf.Tensor) =>
      errorCode(() => {
        const model = hk.transform((x: tf.Tensor) =>
          gradient((y) => tf.mul(y, hk.getParameter('w', [], one)))(x),
        );
        const x = tf.scalar(1);
        try {
          hk.config.context({ checkJaxUsage: true }, () => hk.tree.dispose(model.init(null, x)));
        } finally {
          x.dispose();
        }
      });
    expect(use((f) => hk.grad(f))).to.equal(undefined);
    expect(errorCode(() => hk.nextRngKey())).to.equal('outside-transform');
  });
});

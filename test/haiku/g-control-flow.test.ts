import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { newFrame } from '../../src/module/frame.js';
import { internalState, restoreInternalState, statesDiffer } from '../../src/transform/internal-state.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

/**
 * Control flow and calculus inside a transform: what concerns several of the functions. Their own tests are in the other files of
 * the group.
 *
 * Not applicable in TypeScript: G2 (the functions work outside of a transform too, there is no `jax.lax` beside them);
 * of G4 the five-argument form and `operand=`, which the signature excludes; of G10 traced bounds, which are tensors here.
 */
const zero = { init: hk.initializers.constant(0) };

/** Counts its calls in the state `n`. */
function count(): tf.Tensor {
  const next = tf.add(hk.getState('n', [], zero), 1);
  hk.setState('n', next);
  return next;
}

describe('Haiku intents G: control flow', () => {
  it('G1 valueAndGrad carries aux and state', () => {
    const { init, apply } = hk.transformWithState((x: tf.Tensor) =>
      hk.valueAndGrad((y: tf.Tensor) => [tf.square(y), count()] as [tf.Tensor, tf.Tensor], { hasAux: true })(
        x,
      ),
    );
    const x = tf.scalar(3);
    const [params, state] = init(null, x);
    const [[[value, aux], gradient], after] = apply(params, state, null, x);
    expect([value, aux, gradient, after['~'].n].map((t) => values(t as tf.Tensor)[0])).to.deep.equal([
      9, 1, 6, 1,
    ]);
    hk.tree.dispose([x, state, value, aux, gradient, after]);
  });

  it('G1 gradients inside a transform are the same under jit', () => {
    const model = hk.transform((x: tf.Tensor) =>
      hk.grad((y: tf.Tensor) =>
        tf.sum(tf.mul(tf.square(y), hk.getParameter('w', [2], { init: hk.initializers.constant(3) }))),
      )(x),
    );
    const [x, z] = [tf.tensor1d([1, 2]), tf.tensor1d([5, 7])];
    const params = model.init(null, x);
    const fast = hk.jit(model.apply);
    const results = [model.apply(params, null, x), fast(params, null, x), fast(params, null, z)];
    expect(results.map(values)).to.deep.equal([
      [6, 12],
      [6, 12],
      [30, 42],
    ]);
    hk.tree.dispose([x, z, params, results]);
  });

  it('G7 copies of what a run holds differ by what is new, by what changed, and by keys', () => {
    const frame = newFrame({
      params: new Map(),
      state: new Map(),
      frozen: false,
      rngs: [new hk.PRNGSequence(1)],
    });
    const [a, b] = [tf.scalar(1), tf.scalar(2)];
    const before = internalState(frame);
    expect(statesDiffer(before, internalState(frame))).to.equal(false);
    const changes: (() => void)[] = [
      () => frame.params.set('m', new Map([['w', a]])),
      () => frame.state.set('m', new Map([['s', { initial: a, current: a }]])),
      () => frame.rngs[0]?.nextKey(),
      () => frame.rngs[0]?.reserve(2),
    ];
    for (const change of changes) {
      change();
      expect(statesDiffer(before, internalState(frame))).to.equal(true);
      restoreInternalState(frame, before);
      expect(statesDiffer(before, internalState(frame))).to.equal(false);
    }
    frame.state.set('m', new Map([['s', { initial: a, current: a }]]));
    const made = internalState(frame);
    frame.state.set('m', new Map([['s', { initial: a, current: b }]]));
    expect(statesDiffer(made, internalState(frame)), 'a value that was set').to.equal(true);
    hk.tree.dispose([a, b]);
  });

  const drawing = {
    scan: () => hk.scan(() => [null, hk.nextRngKey()], null, null, { length: 3 })[1],
    map: () => hk.map((_: tf.Tensor) => hk.nextRngKey(), tf.zeros([3])),
    foriLoop: () => hk.foriLoop(0, 3, () => hk.nextRngKey(), hk.random.key(0)),
    cond: () => hk.cond(true, hk.nextRngKey, hk.nextRngKey),
    switch: () => hk.switch(1, [hk.nextRngKey, hk.nextRngKey, hk.nextRngKey]),
    whileLoop: () =>
      hk.whileLoop(
        ({ i }) => i < 3,
        ({ i }: { i: number; key: hk.PRNGKey }) => ({ i: i + 1, key: hk.nextRngKey() }),
        { i: 0, key: hk.random.key(0) },
      ),
  };
  for (const [name, draw] of Object.entries(drawing)) {
    it(`G9 ${name} draws keys with seven split off at a time and five reserved`, () => {
      hk.config.context({ rngReserveSize: 7 }, () => {
        const { init, apply } = hk.transform(() => {
          hk.reserveRngKeys(5);
          return [hk.nextRngKey(), draw(), hk.nextRngKey()] as const;
        });
        if (name !== 'whileLoop') init(1);
        const [first, , last] = apply({}, 1);
        expect(first).to.deep.equal(hk.random.split(hk.random.key(1), 6)[1]);
        expect(last).to.not.deep.equal(first);
      });
    });
  }

  it('G9 branches and loops leave as many keys split off as the settings say, as in Haiku', () => {
    const [next, subkey] = hk.random.split(hk.random.key(3));
    const left: Record<string, () => unknown> = {
      cond: () =>
        hk.cond(
          true,
          () => 1,
          () => 2,
        ),
      switch: () => hk.switch(0, [() => 1]),
      whileLoop: () =>
        hk.whileLoop(
          () => false,
          (i: number) => i,
          0,
        ),
      foriLoop: () => hk.foriLoop(0, 2, (i) => i, 0),
      scan: () => hk.scan(() => [null, null], null, null, { length: 2 }),
    };
    for (const [name, f] of Object.entries(left)) {
      const state = hk.transform(() => (f(), hk.maybeGetRngSequenceState())).apply({}, 3);
      expect(state, name).to.deep.equal([next, [subkey]]);
    }
  });

  it('G15 a module with the same name but another size is refused after vmap, which gave its name back', () => {
    const x = tf.ones([2, 3]);
    const model = hk.transform(() => {
      hk.vmap((row: tf.Tensor) => new hk.Linear(2).call(row), { splitRng: false })(x);
      return new hk.Linear(5).call(x);
    });
    expect(errorCode(() => model.init(1))).to.equal('parameter-shape');
    x.dispose();
  });

  it('G8 a scan without steps makes the parameters of its body; a reversed one leaves the state of the first element', () => {
    const [none, xs] = [tf.zeros([0, 3]), tf.tensor1d([1, 2, 3])];
    const empty = hk.transform(
      () => hk.scan((c: null, x: tf.Tensor) => [c, new hk.Linear(2).call(x)], null, none)[1],
    );
    const params = empty.init(1);
    const ys = empty.apply(params, null);
    expect([params.linear.w.shape, ys.shape]).to.deep.equal([
      [3, 2],
      [0, 2],
    ]);
    const last = hk.transformWithState(() => {
      hk.setState('x', tf.scalar(0));
      hk.scan((c: null, x: tf.Tensor) => (hk.setState('x', x), [c, null]), null, xs, { reverse: true });
    });
    const [, state] = last.apply({}, {}, null);
    expect(values(state['~'].x)).to.deep.equal([1]);
    hk.tree.dispose([none, xs, params, ys, state]);
  });

  it('G14 evalShape changes no state', () => {
    const { init, apply } = hk.transformWithState(() => {
      count();
      hk.evalShape(count);
    });
    const [, state] = init(null);
    const [, after] = apply({}, state, null);
    expect(values(after['~'].n)).to.deep.equal([1]);
    hk.tree.dispose([state, after]);
  });

  it('G15 what gradients, maps, branches, loops and shapes name is free again; remat keeps it', () => {
    @hk.module()
    class Layer extends hk.Module {
      call(x: tf.Tensor): tf.Tensor {
        return tf.mul(x, hk.getParameter('w', [], zero));
      }
    }
    const layer = (x: tf.Tensor): tf.Tensor => new Layer().call(x);
    const wrapped: Record<string, (x: tf.Tensor) => unknown> = {
      grad: (x) => hk.grad(layer)(x),
      valueAndGrad: (x) => hk.valueAndGrad(layer)(x),
      vmap: (x) => hk.vmap(layer, { splitRng: false })(tf.reshape(x, [1])),
      cond: (x) => hk.cond(true, layer, layer, x),
      switch: (x) => hk.switch(0, [layer], x),
      evalShape: (x) => hk.evalShape(layer, x),
      remat: (x) => hk.remat(layer)(x),
      scan: (x) => hk.scan((c: tf.Tensor) => [layer(c), null], x, null, { length: 1 }),
    };
    const x = tf.scalar(1);
    for (const [name, f] of Object.entries(wrapped)) {
      const params = hk.transform(() => void [f(x), layer(x)]).init(null);
      const shares = name !== 'remat' && name !== 'scan';
      expect(Object.keys(params), name).to.deep.equal(shares ? ['layer'] : ['layer', 'layer_1']);
      hk.tree.dispose(params);
    }
    x.dispose();
  });
});

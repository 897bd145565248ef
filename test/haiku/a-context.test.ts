import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { pairInfo } from '../../src/transform/pair.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

/**
 * Context and parameters.
 *
 * Not applicable in TypeScript: A10 (a helper of Haiku's own tests, not public), A15 (JavaScript has no keyword arguments).
 */
const one = { init: hk.initializers.constant(1) };
const normal = { init: hk.initializers.randomNormal() };

describe('Haiku intents A: context and parameters', () => {
  it('A1 two requests of one name are the same object', () => {
    const same = (): boolean => hk.getParameter('w', [], one) === hk.getParameter('w', [], one);
    expect(hk.testing.transformAndRun(same)()).to.equal(true);
  });

  it('A2 parameters outside of modules are under ~', () => {
    const params = hk.transform(() => hk.getParameter('w', [2], one)).init(null);
    expect(Object.keys(params)).to.deep.equal(['~']);
    expect(params['~'].w.shape).to.deep.equal([2]);
    hk.tree.dispose(params);
  });

  it('A3 a parameter that apply is not given is refused', () => {
    const { apply } = hk.transform(() => hk.getParameter('w', [], one));
    for (const params of [null, {}, { '~': {} }] as never[]) {
      expect(errorCode(() => apply(params, null))).to.equal('parameter-missing');
    }
  });

  it('A4 so is one whose initializer would need a key', () => {
    const { apply } = hk.transform(() => hk.getParameter('w', [], normal));
    expect(errorCode(() => apply({}, null))).to.equal('parameter-missing');
  });

  it('A5 another shape on the second request is refused', () => {
    const { init } = hk.transform(() => [hk.getParameter('w', [1], one), hk.getParameter('w', [2], one)]);
    expect(errorCode(() => init(null))).to.equal('parameter-shape');
    for (const shape of [[undefined], [-1], [1.5], [NaN], 3, null, undefined] as never[]) {
      const asked = hk.transform(() => hk.getParameter('w', shape, one));
      expect(
        errorCode(() => asked.init(null)),
        String(shape),
      ).to.equal('parameter-shape');
    }
  });

  it('A6 an initializer is needed only where something is made', () => {
    const { init, apply } = hk.transform((first: boolean) => {
      if (first) hk.getParameter('w', [], one);
      return hk.getParameter('w', []);
    });
    expect(errorCode(() => init(null, false))).to.equal('parameter-initializer-missing');
    const params = init(null, true);
    const w = apply(params, null, false);
    expect(values(w)).to.deep.equal([1]);
    hk.tree.dispose([params, w]);
  });

  it('A7 what is passed in does not change, and what comes out is new', () => {
    const { init, apply } = hk.transformWithState(() => {
      hk.getParameter('w', [], one);
      hk.setState('s', tf.add(hk.getState('s', [], one), 1));
    });
    const [params, state] = init(null);
    const frozen = [Object.freeze(params), Object.freeze(state)];
    [...Object.values(params), ...Object.values(state)].forEach((bundle) => Object.freeze(bundle));
    const [, after] = apply(params, state, null);
    expect(after).to.not.equal(state);
    expect([values(state['~'].s), values(after['~'].s)]).to.deep.equal([[1], [2]]);
    hk.tree.dispose([frozen, after]);
  });

  it('A8 results are plain objects', () => {
    const trees = hk
      .transformWithState(() => [hk.getParameter('w', [], one), hk.getState('s', [], one)])
      .init(null);
    for (const tree of trees) {
      for (const node of [tree, tree['~']]) expect(Object.getPrototypeOf(node)).to.equal(Object.prototype);
    }
    hk.tree.dispose(trees);
  });

  it('A9 parameters and state can be listed at any time, a copy at each call', () => {
    const { init } = hk.transformWithState(() => {
      expect([hk.getParams(), hk.getInitialState(), hk.getCurrentState()]).to.deep.equal([{}, {}, {}]);
      const w = hk.getParameter('w', [], one);
      const s = hk.getState('s', [], one);
      const next = tf.add(s, 1);
      hk.setState('s', next);
      expect(hk.getParams()['~'].w).to.equal(w);
      expect(hk.getInitialState()['~'].s).to.equal(s);
      expect(hk.getCurrentState()['~'].s).to.equal(next);
      expect(hk.getParams()).to.not.equal(hk.getParams());
      expect(hk.getParams()['~']).to.not.equal(hk.getParams()['~']);
    });
    hk.tree.dispose(init(null));
  });

  it('A11 after an error nothing of the run is left', () => {
    @hk.module()
    class Failing extends hk.Module {
      call(): void {
        hk.nameScope('inner', () =>
          hk.withRng(3, () =>
            hk.customGetter(
              () => tf.scalar(99),
              () => {
                throw new Error('on purpose');
              },
            ),
          ),
        );
      }
    }
    expect(() => hk.transform(() => new Failing().call()).init(1)).to.throw('on purpose');
    expect(errorCode(() => hk.currentName())).to.equal('outside-transform');
    let name = '';
    const params = hk
      .transform(() => {
        name = hk.currentName();
        expect(values(hk.getParameter('w', [], one))).to.deep.equal([1]);
        expect(hk.maybeNextRngKey()).to.equal(null);
      })
      .init(null);
    expect(name).to.equal('~');
    hk.tree.dispose(params);
  });

  const outside: Record<string, () => unknown> = {
    getParameter: () => hk.getParameter('w', []),
    getParams: () => hk.getParams(),
    getState: () => hk.getState('s'),
    setState: () => hk.setState('s', null),
    getInitialState: () => hk.getInitialState(),
    getCurrentState: () => hk.getCurrentState(),
    nextRngKey: () => hk.nextRngKey(),
    nextRngKeys: () => hk.nextRngKeys(2),
    maybeNextRngKey: () => hk.maybeNextRngKey(),
    reserveRngKeys: () => hk.reserveRngKeys(2),
    maybeGetRngSequenceState: () => hk.maybeGetRngSequenceState(),
    replaceRngSequenceState: () => hk.replaceRngSequenceState([hk.random.key(1), []]),
    lift: () => hk.lift(() => ({})),
    liftWithState: () => hk.liftWithState(() => [{}, {}]),
    transparentLift: () => hk.transparentLift(() => ({})),
    transparentLiftWithState: () => hk.transparentLiftWithState(() => [{}, {}]),
    layerStack: () => hk.layerStack(2)((x: number) => x)(1),
    'flax.lift': () => hk.flax.lift(hk.flax.Module(hk.transform((x: number) => x)), { name: 'f' })(1),
    Deferred: () => new hk.Deferred(() => ({})),
    'experimental.optimizeRngUse': hk.experimental.optimizeRngUse(() => 1),
    withRng: () => hk.withRng(1, () => 1),
    runningInit: () => hk.runningInit(),
    currentName: () => hk.currentName(),
    nameScope: () => hk.nameScope('a', () => 1),
    interceptMethods: () =>
      hk.interceptMethods(
        (next) => next(),
        () => 1,
      ),
    customCreator: () =>
      hk.customCreator(
        (next, ...rest) => next(...(rest.slice(0, 3) as [[], 'float32', never])),
        () => 1,
      ),
    customGetter: () =>
      hk.customGetter(
        (next, value) => next(value),
        () => 1,
      ),
    customSetter: () =>
      hk.customSetter(
        (next, value) => next(value),
        () => 1,
      ),
  };
  for (const [name, use] of Object.entries(outside)) {
    it(`A12 ${name} is refused outside of a transform, by its name`, () => {
      expect(errorCode(use)).to.equal('outside-transform');
      expect(use).to.throw(`hk.${name} `);
    });
  }

  it('A13 no key is needed where nothing is drawn', () => {
    const params = hk.transform(() => hk.getParameter('w', [], one)).init(null);
    expect(values(params['~'].w)).to.deep.equal([1]);
    hk.tree.dispose(params);
  });

  it('A14 parameters and state that are no objects are refused', () => {
    const { apply } = hk.transformWithState(() => 1);
    expect(errorCode(() => apply('x' as never, {}, null))).to.equal('params-invalid');
    expect(errorCode(() => apply({}, 'x' as never, null))).to.equal('state-invalid');
  });

  it('A16 the original function is known through every wrapper', () => {
    const f = (x: number): number => x;
    const stateful = hk.transformWithState(f);
    const pairs = [
      stateful,
      hk.transform(f),
      hk.withoutState(stateful),
      hk.withEmptyState(hk.transform(f)),
      hk.withoutApplyRng(hk.transform(f)),
      hk.withoutApplyRng(stateful),
      { init: hk.jit(stateful.init), apply: hk.jit(stateful.apply) },
    ];
    for (const pair of pairs) {
      for (const half of [pair.init, pair.apply]) expect(pairInfo(half)?.original).to.equal(f);
    }
  });

  it('A17 bound methods of objects that know themselves can be transformed', () => {
    class Trainer {
      readonly model = hk.transform((x: tf.Tensor) => this.forward(x));
      forward(x: tf.Tensor): tf.Tensor {
        return tf.mul(x, hk.getParameter('w', [], one));
      }
    }
    const { model } = new Trainer();
    const x = tf.scalar(3);
    const params = model.init(null, x);
    const y = model.apply(params, null, x);
    expect(values(y)).to.deep.equal([3]);
    hk.tree.dispose([x, y, params]);
  });

  it('A18 init and apply of one transform may run within another', () => {
    const inner = hk.transform(() => hk.getParameter('w', [], one));
    const outer = hk.transform(() => {
      const v = hk.getParameter('v', [], one);
      return tf.add(v, inner.apply(inner.init(null), null));
    });
    const params = outer.init(null);
    expect(Object.keys(params['~'])).to.deep.equal(['v']);
    const y = outer.apply(params, null);
    expect(values(y)).to.deep.equal([2]);
    hk.tree.dispose([params, y]);
  });
});

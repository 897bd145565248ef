import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant } = hk.initializers;

@hk.module()
class Bias extends hk.Module {
  call(x: tf.Tensor): tf.Tensor {
    return tf.add(x, hk.getParameter('b', [], { init: constant(1) }));
  }
}

@hk.module()
class Counter extends hk.Module {
  call(): tf.Tensor {
    const n = hk.getState('n', [], { init: constant(0) });
    hk.setState('n', tf.add(n, 1));
    return tf.add(n, 1);
  }
}

/** `f` run as an inner transform, its parameters lifted. */
function lifted(f: (x: tf.Tensor) => tf.Tensor, options?: hk.LiftOptions, transparent = false) {
  const inner = hk.transform(f);
  const make = transparent ? hk.transparentLift(inner.init, options) : hk.lift(inner.init, options);
  return (x: tf.Tensor): tf.Tensor => inner.apply(make(null, x), null, x);
}

/** Names of the parameters of `f`, and its result on 1. */
function outcome(f: (x: tf.Tensor) => tf.Tensor): { names: string[]; value: number } {
  const model = hk.transform(f);
  const result: { names: string[]; value: number } = { names: [], value: 0 };
  tf.tidy(() => {
    const x = tf.scalar(1);
    const params = model.init(null, x);
    result.names = hk.tree.leavesWithPath(params).map(({ path }) => path.join('/'));
    [result.value] = values(model.apply(params, null, x));
  });
  return result;
}

describe('Haiku intents F: lift', () => {
  const bias = (x: tf.Tensor): tf.Tensor => new Bias().call(x);

  it('F1 names inner parameters after the lift, in modules and beside others', () => {
    expect(outcome((x) => lifted(bias)(new Bias().call(x)))).to.deep.equal({
      names: ['bias/b', 'lifted/bias/b'],
      value: 3,
    });
    const twice = outcome((x) => lifted(bias, { name: 'inn' })(lifted(bias, { name: 'inn' })(x)));
    expect(twice.names).to.deep.equal(['inn/bias/b', 'inn_1/bias/b']);
    @hk.module()
    class Outer extends hk.Module {
      private readonly early = lifted(bias, { name: 'inn' });
      call(x: tf.Tensor): tf.Tensor {
        return lifted(bias, { name: 'inn' })(this.early(x));
      }
    }
    expect(outcome((x) => new Outer().call(x)).names).to.deep.equal([
      'outer/inn/bias/b',
      'outer/~/inn/bias/b',
    ]);
  });

  it('F5 is transparent on request: names are shared, not taken', () => {
    const shared = outcome((x) => new Bias().call(lifted(bias, {}, true)(x)));
    expect(shared).to.deep.equal({ names: ['bias/b'], value: 3 });
    const twice =
      (allowReuse: boolean) =>
      (x: tf.Tensor): tf.Tensor =>
        lifted(bias, { allowReuse }, true)(lifted(bias, { allowReuse }, true)(x));
    expect(errorCode(() => outcome(twice(false)))).to.equal('lift-key-exists');
    expect(outcome(twice(true)).names).to.deep.equal(['bias/b']);
  });

  it('F5 refuses to close over a module from outside when it is transparent', () => {
    const closing = (x: tf.Tensor): tf.Tensor => {
      const outer = new Bias();
      return lifted((y) => outer.call(y), {}, true)(x);
    };
    expect(errorCode(() => outcome(closing))).to.equal('lift-closure');
    const within = (x: tf.Tensor): tf.Tensor =>
      lifted(
        (y) => {
          const inner = new Bias();
          return tf.squeeze(
            hk.vmap((z: tf.Tensor) => inner.call(z), { splitRng: false })(tf.reshape(y, [1])),
          );
        },
        {},
        true,
      )(x);
    expect(errorCode(() => outcome((x) => tf.squeeze(within(x)) as tf.Tensor))).to.equal(undefined);
  });

  it('F3 tells getters where parameters will be, in nested lifts', () => {
    const seen: (string | null)[] = [];
    @hk.module()
    class Outer extends hk.Module {
      call(x: tf.Tensor): tf.Tensor {
        const nested = (y: tf.Tensor): tf.Tensor => lifted(bias, { name: 'inner' })(y);
        return lifted(nested, { name: 'inner' })(x);
      }
    }
    const model = hk.transform((x: tf.Tensor) =>
      hk.customGetter(
        (next, value, context) => (seen.push(context.liftedPrefixName), next(value)),
        () => new Outer().call(x),
      ),
    );
    const x = tf.scalar(1);
    const params = model.init(null, x);
    // The inner apply in init belongs to no lift, nor does anything in apply.
    expect(seen[0]).to.equal('outer/inner/inner/');
    seen.length = 0;
    hk.tree.dispose([model.apply(params, null, x), params, x]);
    expect(seen).to.deep.equal([null]);
  });

  it('F3 F4 carries state through an updater that must be used once', () => {
    const inner = hk.transformWithState(() => new Counter().call());
    const outer = (use: (updater: hk.LiftWithStateUpdater, state: hk.State) => void) =>
      hk.transformWithState(() => {
        const [make, updater] = hk.liftWithState(inner.init, { name: 'lift' });
        const [params, state] = make(null);
        const [count, after] = inner.apply(params, state, null);
        use(updater, after);
        return count;
      });
    const model = outer((updater, state) => updater.update(state));
    let [, state] = model.init(null);
    expect(values(state['lift/counter'].n), 'init keeps the first value').to.deep.equal([0]);
    for (const expected of [1, 2, 3]) {
      const [count, after] = model.apply({}, state, null);
      expect(values(count)).to.deep.equal([expected]);
      hk.tree.dispose([count, state]);
      state = after;
    }
    const [ignored, same] = outer((updater) => updater.ignoreUpdate()).apply({}, state, null);
    expect(values(same['lift/counter'].n)).to.deep.equal([3]);
    hk.tree.dispose([state, ignored, same]);
    expect(errorCode(() => outer(() => undefined).init(null))).to.equal('lift-updater');
    expect(errorCode(() => outer((u, s) => (u.update(s), u.ignoreUpdate())).init(null))).to.equal(
      'lift-updater',
    );
    expect(
      errorCode(() => outer((u) => void hk.transform(() => u.ignoreUpdate()).init(null)).init(null)),
    ).to.equal('lift-updater');
    const stateful = hk.transform(() => hk.lift(inner.init as unknown as (rng: null) => hk.Params)(null));
    expect(errorCode(() => stateful.init(null))).to.equal('state-not-empty');
  });

  it('F1 works under vmap, beside a module of the same class', () => {
    const model = hk.transform((x: tf.Tensor) =>
      hk.vmap((row: tf.Tensor) => lifted(bias)(new Bias().call(row)), { splitRng: false })(x),
    );
    const x = tf.tensor1d([1, 2]);
    const params = model.init(null, x);
    expect(Object.keys(params)).to.deep.equal(['bias', 'lifted/bias']);
    const y = model.apply(params, null, x);
    expect(values(y)).to.deep.equal([3, 4]);
    hk.tree.dispose([x, params, y]);
  });

  it('F2 needs allowReuse within a loop', () => {
    const looped = (allowReuse: boolean) =>
      outcome((x) => {
        const inner = hk.transform(bias);
        const make = hk.lift(inner.init, { allowReuse });
        return hk.scan((c: tf.Tensor) => [inner.apply(make(null, c), null, c), null], x, null, {
          length: 3,
        })[0];
      });
    expect(errorCode(() => looped(false))).to.equal('lift-key-exists');
    expect(looped(true)).to.deep.equal({ names: ['lifted/bias/b'], value: 4 });
  });

  it('F2 keeps the parameters of the first step of a scan, and of the last of a loop', () => {
    const x = tf.scalar(1);
    const inner = hk.transform((v: tf.Tensor) =>
      tf.add(v, hk.getParameter('w', [], { init: hk.initializers.randomNormal() })),
    );
    const looped = (run: (step: (v: tf.Tensor) => tf.Tensor) => tf.Tensor): number => {
      const model = hk.transform(() => {
        const make = hk.lift(inner.init, { allowReuse: true });
        return run((v) => inner.apply(make(hk.nextRngKey(), v), null, v));
      });
      const params = model.init(3);
      const [w] = values(params['lifted/~'].w);
      hk.tree.dispose(params);
      return w;
    };
    const draws: number[] = [];
    const keys = new hk.PRNGSequence(3);
    while (draws.length < 3) {
      const drawn = hk.random.normal(hk.random.split(keys.nextKey())[1]);
      draws.push(...values(drawn));
      drawn.dispose();
    }
    const scanned = looped((step) => hk.scan((v: tf.Tensor) => [step(v), null], x, null, { length: 3 })[0]);
    expect(scanned).to.equal(draws[0]);
    expect(looped((step) => hk.foriLoop(0, 3, (_, v: tf.Tensor) => step(v), x))).to.equal(draws[2]);
    x.dispose();
  });

  it('F4 refuses an updater that is used twice, or in another run', () => {
    const inner = hk.transformWithState(() => new Counter().call());
    let kept: hk.LiftWithStateUpdater | undefined;
    const model = hk.transformWithState(() => {
      const [make, updater] = hk.liftWithState(inner.init);
      make(null);
      kept?.ignoreUpdate();
      kept = updater;
      updater.ignoreUpdate();
    });
    const [, state] = model.init(null);
    expect(errorCode(() => model.init(null))).to.equal('lift-updater');
    expect(errorCode(() => kept?.update(state))).to.equal('lift-updater');
    type Use = (u: hk.LiftWithStateUpdater, s: hk.State) => void;
    const twice: Use[] = [
      (u, s) => [u.update(s), u.update(s)],
      (u, s) => [u.update(s), u.ignoreUpdate()],
      (u, s) => [u.ignoreUpdate(), u.update(s)],
      (u) => [u.ignoreUpdate(), u.ignoreUpdate()],
    ];
    for (const use of twice) {
      const using = hk.transformWithState(() => {
        const [make, updater] = hk.liftWithState(inner.init);
        use(updater, make(null)[1]);
      });
      expect(errorCode(() => using.init(null))).to.equal('lift-updater');
    }
    hk.tree.dispose(state);
  });

  it('F5 refuses modules from outside at any depth; a lift with a name takes them', () => {
    const nested = (x: tf.Tensor): tf.Tensor => {
      const outer = new Bias();
      const reach = (y: tf.Tensor): tf.Tensor => lifted((z) => outer.call(z), {}, true)(y);
      return lifted(reach, {}, true)(x);
    };
    expect(errorCode(() => outcome(nested))).to.equal('lift-closure');
    const made = (x: tf.Tensor): tf.Tensor => lifted((y) => new Bias().call(y), {}, true)(x);
    expect(outcome((x) => lifted(made, {}, true)(x)).names).to.deep.equal(['bias/b']);
  });

  it('F5 allowReuse takes what is there and adds what is new', () => {
    const both = outcome((x) => {
      const first = new Bias().call(x);
      const more = (y: tf.Tensor): tf.Tensor => new Bias({ name: 'other' }).call(new Bias().call(y));
      return lifted(more, { allowReuse: true }, true)(first);
    });
    expect(both).to.deep.equal({ names: ['bias/b', 'other/b'], value: 4 });
  });

  it('F6 a transparent lift changes no name: at the top, in modules, and of duplicates', () => {
    type Wrap = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => tf.Tensor;
    @hk.module()
    class Outer extends hk.Module {
      constructor(private readonly wrap: Wrap) {
        super();
      }
      call(x: tf.Tensor): tf.Tensor {
        return this.wrap((y) => new Bias().call(new Bias().call(y)))(x);
      }
    }
    const names = (wrap: Wrap): string[] =>
      outcome((x) => wrap((y) => new Bias({ name: 'top' }).call(y))(new Outer(wrap).call(x))).names;
    const plain = names((f) => f);
    expect(plain).to.deep.equal(['outer/bias/b', 'outer/bias_1/b', 'top/b']);
    expect(names((f) => lifted(f, {}, true))).to.deep.equal(plain);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant, randomNormal } = hk.initializers;

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

describe('lift', () => {
  const bias = (x: tf.Tensor): tf.Tensor => new Bias().call(x);

  it('names inner parameters after the lift, in modules and beside others', () => {
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

  it('is transparent on request: names are shared, not taken', () => {
    const shared = outcome((x) => new Bias().call(lifted(bias, {}, true)(x)));
    expect(shared).to.deep.equal({ names: ['bias/b'], value: 3 });
    const twice =
      (allowReuse: boolean) =>
      (x: tf.Tensor): tf.Tensor =>
        lifted(bias, { allowReuse }, true)(lifted(bias, { allowReuse }, true)(x));
    expect(errorCode(() => outcome(twice(false)))).to.equal('lift-key-exists');
    expect(outcome(twice(true)).names).to.deep.equal(['bias/b']);
  });

  it('refuses to close over a module from outside when it is transparent', () => {
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

  it('tells creators where parameters will be', () => {
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

  it('carries state through an updater that must be used once', () => {
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
});

describe('layerStack', () => {
  const dense = (x: tf.Tensor): tf.Tensor =>
    tf.tanh(
      tf.matMul(x as tf.Tensor2D, hk.getParameter('w', [3, 3], { init: randomNormal() }) as tf.Tensor2D),
    );

  it('is a loop over layers of their own', () => {
    const stacked = hk.transform((x: tf.Tensor) => hk.layerStack(4)(dense)(x));
    const x = tf.ones([2, 3]);
    const params = stacked.init(7, x);
    const [[name, { w }]] = Object.entries(params);
    expect([name, ...w.shape]).to.deep.equal(['__layer_stack_no_per_layer/~', 4, 3, 3]);
    const single = hk.transform(dense);
    // Key flow as in Haiku: of each layer's three keys the first makes its parameters, the second goes on.
    let key = hk.random.split(hk.random.key(7))[1];
    const rows = tf.unstack(w);
    for (const row of rows) {
      const [own, next] = hk.random.split(key, 3);
      const made = single.init(own, x);
      expect(values(made['~'].w)).to.deep.equal(values(row));
      hk.tree.dispose(made);
      key = next;
    }
    const expected = tf.tidy(() =>
      rows.reduce((y: tf.Tensor, row) => single.apply({ '~': { w: row } }, null, y), x),
    );
    const backwards = tf.tidy(() =>
      [...rows].reverse().reduce((y: tf.Tensor, row) => single.apply({ '~': { w: row } }, null, y), x),
    );
    const y = stacked.apply(params, null, x);
    const reversed = hk
      .transform((v: tf.Tensor) => hk.layerStack(4)(dense).reverse(v))
      .apply(params, null, x);
    expect(values(y)).to.deep.equal(values(expected));
    expect(values(reversed)).to.deep.equal(values(backwards));
    hk.tree.dispose([x, params, rows, expected, backwards, y, reversed]);
  });

  it('takes per-layer inputs, several arguments, keys and state, and nests', () => {
    const x = tf.scalar(1);
    const scales = tf.tensor1d([1, 2, 3]);
    const keys: unknown[] = [];
    const model = hk.transformWithState((v: tf.Tensor) => {
      const layer = (a: tf.Tensor, s: tf.Tensor): [tf.Tensor, tf.Tensor] => {
        keys.push(hk.nextRngKey());
        const n = hk.getState('n', [], { init: constant(0) });
        hk.setState('n', tf.add(n, s));
        return [tf.add(a, s), tf.mul(a, 10)];
      };
      return hk.layerStack(3, { withPerLayerInputs: true, name: 'with_state' })(layer)(v, scales);
    });
    const [params, state] = model.init(1, x);
    expect(values(state['with_state/~'].n)).to.deep.equal([0, 0, 0]);
    keys.length = 0;
    const [[y, ys], after] = model.apply(params, state, 5, x);
    expect(values(y)).to.deep.equal([7]);
    expect(values(ys)).to.deep.equal([10, 20, 40]);
    expect(values(after['with_state/~'].n)).to.deep.equal([1, 2, 3]);
    const [next] = hk.random.split(hk.random.key(5));
    const second = hk.random.split(next)[1];
    expect(keys, 'two keys of the transform around').to.deep.equal(
      hk.random.split(second, 3).map((key) => hk.random.split(key)[1]),
    );
    const pairs = hk.transform(() =>
      hk.layerStack(2)((a: tf.Tensor, b: tf.Tensor) => [b, tf.add(a, b)])(x, x),
    );
    const fibonacci = pairs.apply({}, null);
    expect(fibonacci.map((t) => values(t)[0])).to.deep.equal([2, 3]);
    const nested = hk.transform((v: tf.Tensor) =>
      hk.layerStack(2)((a: tf.Tensor) => hk.layerStack(3)(dense)(a))(v),
    );
    const wide = tf.ones([1, 3]);
    const deep = nested.init(0, wide);
    expect(hk.tree.leaves(deep)[0].shape).to.deep.equal([2, 3, 3, 3]);
    hk.tree.dispose([x, scales, params, state, y, ys, after, fibonacci, wide, deep]);
  });

  it('stores parameters as a plain loop would, on request', () => {
    const transparencyMap: hk.LayerStackTransparencyMapping = {
      stackedToFlat: (name, i) => name.replace('~', i === 0 ? 'net' : `net_${i}`),
      flatToStacked: (name) => {
        const match = /^net(?:_(\d+))?$/.exec(name);
        return match ? ['~', Number(match[1] ?? 0)] : null;
      },
    };
    const model = hk.transform((x: tf.Tensor) =>
      hk.layerStack(3, { transparent: true, transparencyMap })(dense)(x),
    );
    const x = tf.ones([1, 3]);
    const params = model.init(7, x);
    expect(Object.keys(params)).to.deep.equal(['net', 'net_1', 'net_2']);
    const stacked = hk.transform((v: tf.Tensor) => hk.layerStack(3)(dense)(v));
    const same = stacked.init(7, x);
    const [a, b] = [model.apply(params, null, x), stacked.apply(same, null, x)];
    expect(values(a)).to.deep.equal(values(b));
    hk.tree.dispose([x, params, same, a, b]);
    expect(errorCode(() => hk.layerStack(2, { transparent: true }))).to.equal('layer-stack-map');
  });

  it('refuses what it cannot stack', () => {
    const x = tf.ones([2]);
    expect(errorCode(() => hk.layerStack(2)((...all: tf.Tensor[]) => all[0]))).to.equal(
      'layer-stack-varargs',
    );
    const short = hk.transform(() =>
      hk.layerStack(3, { withPerLayerInputs: true })((a: tf.Tensor, b: tf.Tensor) => [a, b])(x, x),
    );
    expect(errorCode(() => short.init(null))).to.equal('layer-stack-length');
    x.dispose();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectClose } from '../support/compare.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant, randomNormal } = hk.initializers;

describe('Haiku intents F: layerStack', () => {
  const dense = (x: tf.Tensor): tf.Tensor =>
    tf.tanh(
      tf.matMul(x as tf.Tensor2D, hk.getParameter('w', [3, 3], { init: randomNormal() }) as tf.Tensor2D),
    );

  it('F7 is a loop over layers of their own', () => {
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

  it('F7 takes per-layer inputs, several arguments, keys and state, and nests', () => {
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
    expect(values(state['with_state/~'].n), 'after a first update').to.deep.equal([1, 2, 3]);
    keys.length = 0;
    const [[y, ys], after] = model.apply(params, state, 5, x);
    expect(values(y)).to.deep.equal([7]);
    expect(values(ys)).to.deep.equal([10, 20, 40]);
    expect(values(after['with_state/~'].n)).to.deep.equal([2, 4, 6]);
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

  it('F7 stores parameters as a plain loop would, on request', () => {
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

  it('F7 refuses what it cannot stack', () => {
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

  it('F7 has the values and gradients of layers written one after the other', () => {
    const n = 3;
    const x = tf.tensor2d([[0.1, -0.4, 0.7]]);
    const stacked = hk.transform((v: tf.Tensor) => tf.sum(tf.square(hk.layerStack(n)(dense)(v))));
    const single = hk.transform(dense);
    const params = stacked.init(3, x);
    const unrolled = (p: hk.Params): tf.Tensor => {
      const rows = tf.unstack(p['__layer_stack_no_per_layer/~'].w);
      return tf.sum(tf.square(rows.reduce((y: tf.Tensor, w) => single.apply({ '~': { w } }, null, y), x)));
    };
    const [a, b] = [
      hk.valueAndGrad((p: hk.Params) => stacked.apply(p, null, x))(params),
      hk.valueAndGrad(unrolled)(params),
    ];
    expect(values(a[0])).to.deep.equal(values(b[0]));
    expectClose(
      a[1]['__layer_stack_no_per_layer/~'].w,
      Float32Array.from(values(b[1]['__layer_stack_no_per_layer/~'].w)),
      1e-6,
    );
    hk.tree.dispose([x, params, a, b]);
  });

  it('F7 takes and returns containers', () => {
    const x = { a: tf.scalar(1), b: [tf.scalar(2)] as const };
    const swap = (v: { a: tf.Tensor; b: readonly [tf.Tensor] }) => ({
      a: v.b[0],
      b: [tf.add(v.a, 10)] as const,
    });
    const y = hk.transform(() => hk.layerStack(3)(swap)(x)).apply({}, null);
    expect([values(y.a), values(y.b[0])]).to.deep.equal([[12], [21]]);
    hk.tree.dispose([x, y]);
  });

  it('F7 reverses with per-layer inputs, in closed form, and tells the layer', () => {
    const [x, steps] = [tf.scalar(0), tf.tensor1d([1, 2, 3, 4])];
    const told: boolean[] = [];
    const layer = (v: tf.Tensor, s: tf.Tensor, { reverse }: { reverse: boolean }): [tf.Tensor, tf.Tensor] => {
      told.push(reverse);
      return [tf.add(tf.mul(v, 10), s), v];
    };
    const options = { withPerLayerInputs: true, passReverseToLayerFn: true } as const;
    const model = hk.transform(() => {
      const stack = hk.layerStack(4, options)(layer as never) as unknown as {
        (v: tf.Tensor, s: tf.Tensor): [tf.Tensor, tf.Tensor];
        reverse: (v: tf.Tensor, s: tf.Tensor) => [tf.Tensor, tf.Tensor];
      };
      return [stack(x, steps), stack.reverse(x, steps)];
    });
    const [[y, carries], [z, back]] = model.apply({}, null);
    expect([values(y), values(z), values(carries)]).to.deep.equal([[1234], [4321], [0, 1, 12, 123]]);
    expect(new Set(told)).to.deep.equal(new Set([false, true]));
    hk.tree.dispose([x, steps, y, carries, z, back]);
  });

  it('F7 shares its parameters when the module that holds it is called twice', () => {
    @hk.module()
    class Twice extends hk.Module {
      call(x: tf.Tensor): tf.Tensor {
        return hk.layerStack(20)((y: tf.Tensor) => new hk.Linear(3, { name: 'inner' }).call(y))(x);
      }
    }
    const model = hk.transform((x: tf.Tensor) => {
      const net = new Twice();
      return net.call(net.call(x));
    });
    const x = tf.ones([1, 3]);
    const params = model.init(1, x);
    expect(Object.keys(params)).to.deep.equal(['twice/__layer_stack_no_per_layer/inner']);
    const [{ w }] = Object.values(params);
    expect(w.shape).to.deep.equal([20, 3, 3]);
    const y = model.apply(params, null, x);
    expect(y.shape).to.deep.equal([1, 3]);
    hk.tree.dispose([x, params, y]);
  });

  it('F7 stacks within stacks have an axis each', () => {
    const x = tf.ones([1, 5]);
    const model = hk.transform((v: tf.Tensor) =>
      hk.layerStack(4)((a: tf.Tensor) => hk.layerStack(2)((b: tf.Tensor) => new hk.Linear(5).call(b))(a))(v),
    );
    const shapes = hk.evalShape(model.init, 1, x);
    expect(shapes).to.deep.equal({
      '__layer_stack_no_per_layer/__layer_stack_no_per_layer/linear': {
        w: { shape: [4, 2, 5, 5], dtype: 'float32' },
        b: { shape: [4, 2, 5], dtype: 'float32' },
      },
    });
    x.dispose();
  });
});

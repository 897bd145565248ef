import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant, randomNormal } = hk.initializers;

describe('Haiku intents G: vmap', () => {
  it('G12 maps over axes of nestings', () => {
    const [x, y] = [
      tf.tensor2d([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tf.tensor1d([10, 20]),
    ];
    const sums = hk.vmap((row: tf.Tensor) => tf.sum(row))(x);
    expect(values(sums)).to.deep.equal([3, 7, 11]);
    const columns = hk.vmap((c: tf.Tensor, b: tf.Tensor) => tf.add(tf.sum(c), b), { inAxes: [1, 0] })(x, y);
    expect(values(columns)).to.deep.equal([19, 32]);
    const shared = hk.vmap((a: { x: tf.Tensor; y: tf.Tensor }) => ({ z: tf.add(a.x, a.y), same: a.y }), {
      inAxes: [{ x: 0, y: null }],
      outAxes: { z: 1, same: null },
    })({ x, y });
    expect(shared.z.shape).to.deep.equal([2, 3]);
    expect(values(shared.z)).to.deep.equal([11, 13, 15, 22, 24, 26]);
    expect(values(shared.same)).to.deep.equal([10, 20]);
    const keys = hk.random.split(hk.random.key(1), 2);
    expect(hk.vmap((key: hk.PRNGKey) => hk.random.foldIn(key, 0))(keys as never)).to.deep.equal(
      keys.map((k) => hk.random.foldIn(k, 0)),
    );
    hk.tree.dispose([x, y, sums, columns, shared]);
  });

  it('G12 maps over an axis of size 0, as JAX does', () => {
    const none = tf.zeros([4, 0, 5]);
    const flags = tf.zeros([0], 'bool');
    const f = (row: tf.Tensor, flag: tf.Tensor): unknown => ({
      row,
      total: [tf.sum(row), 2],
      flag,
      shared: tf.ones([3]),
      key: hk.random.key(1),
    });
    const outAxes = { row: 2, total: 0, flag: -1, shared: null, key: 0 };
    const mapped = hk.vmap(f, { inAxes: [1, 0], outAxes });
    const y = mapped(none, flags) as { key: unknown; row: tf.Tensor };
    expect(hk.tree.map((leaf: tf.Tensor) => [leaf.dtype, leaf.shape], { ...y, key: null })).to.deep.equal({
      row: ['float32', [4, 5, 0]],
      total: [
        ['float32', [0]],
        ['float32', [0]],
      ],
      flag: ['bool', [0]],
      shared: ['float32', [3]],
      key: null,
    });
    expect(y.key).to.deep.equal([]);
    expect(hk.evalShape(() => mapped(none, flags))).to.have.deep.property('row', {
      shape: [4, 5, 0],
      dtype: 'float32',
    });
    const gradient = hk.grad((x: tf.Tensor) =>
      tf.sum(hk.vmap((row: tf.Tensor) => tf.square(row), { inAxes: 1 })(x)),
    )(none);
    expect(gradient.shape).to.deep.equal([4, 0, 5]);
    hk.tree.dispose([none, flags, y, gradient]);
  });

  it('G12 makes the same parameters and state over an axis of size 0', () => {
    const model = hk.transformWithState((x: tf.Tensor2D) =>
      hk.vmap(
        (row: tf.Tensor) => {
          hk.setState('s', tf.fill([2], 3));
          return tf.squeeze(new hk.Linear(4).call(tf.expandDims<tf.Tensor2D>(row, 0)));
        },
        { splitRng: false },
      )(x),
    );
    const [none, two] = [tf.zeros<tf.Rank.R2>([0, 3]), tf.ones<tf.Rank.R2>([2, 3])];
    const [params, state] = model.init(1, none);
    const [wanted, wantedState] = model.init(1, two);
    const read = (tree: unknown): unknown => hk.tree.map((leaf: tf.Tensor) => values(leaf), tree as never);
    expect(read(params)).to.deep.equal(read(wanted));
    expect(read(state)).to.deep.equal(read(wantedState));
    const [y, after] = model.apply(params, state, null, none);
    expect(y.shape).to.deep.equal([0, 4]);
    expect(read(after)).to.deep.equal(read(state));
    hk.tree.dispose([none, two, params, state, wanted, wantedState, y, after]);
  });

  it('G12 is differentiable', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const gradient = hk.grad((a: tf.Tensor) => tf.sum(hk.vmap((row: tf.Tensor) => tf.prod(row))(a)))(x);
    expect(values(gradient)).to.deep.equal([2, 1, 4, 3]);
    hk.tree.dispose([x, gradient]);
  });

  it('G12 G15 shares parameters and state, and gives names back', () => {
    @hk.module()
    class Net extends hk.Module {
      call(x: tf.Tensor): tf.Tensor {
        const n = hk.getState('n', [], { init: constant(0) });
        hk.setState('n', tf.add(n, 1));
        return tf.mul(hk.getParameter('w', [], { init: randomNormal() }), x);
      }
    }
    const model = hk.transformWithState((x: tf.Tensor) => {
      const y = hk.vmap((row: tf.Tensor) => new Net().call(row), { splitRng: false })(x);
      return [y, new Net().call(x)];
    });
    const x = tf.tensor1d([1, 2, 3]);
    const [params, state] = model.init(1, x);
    expect(Object.keys(params), "the outer module has the inner one's name").to.deep.equal(['net']);
    const [y, after] = model.apply(params, state, null, x);
    expect(values(y[0])).to.deep.equal(values(y[1]));
    expect(values(after.net.n), 'mapped calls count once').to.deep.equal([2]);
    hk.tree.dispose([x, params, state, y, after]);
  });

  it('G12 hands out keys as Haiku does', () => {
    const draw = (splitRng: boolean): hk.PRNGKey[] =>
      hk
        .transform((x: tf.Tensor) => [
          ...hk.vmap((_: tf.Tensor) => hk.nextRngKey(), { splitRng })(x),
          hk.nextRngKey(),
        ])
        .apply({}, 4, x);
    const x = tf.zeros([3]);
    const { key, split } = hk.random;
    const [next, first] = split(key(4));
    expect(draw(false)).to.deep.equal([first, first, first, split(next)[1]]);
    const [rest, ...lanes] = split(key(4), 4);
    expect(draw(true)).to.deep.equal([...lanes.map((lane) => split(lane)[1]), split(rest)[1]]);
    x.dispose();
  });

  it('G12 refuses what cannot be mapped', () => {
    const [x, y] = [tf.zeros([2, 2]), tf.zeros([3])];
    const id = (a: tf.Tensor): tf.Tensor => a;
    expect(errorCode(() => hk.vmap(id, { inAxes: null })(x))).to.equal('vmap-axes');
    expect(errorCode(() => hk.vmap((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b))(x, y))).to.equal(
      'vmap-axes',
    );
    expect(errorCode(() => hk.vmap(id, { inAxes: [[0]] })(x))).to.equal('vmap-axes');
    expect(errorCode(() => hk.vmap(id, { inAxes: 5 })(x))).to.equal('batch-leaf');
    let n = 0;
    expect(errorCode(() => hk.vmap((a: tf.Tensor) => (n++ > 0 ? tf.sum(a) : a))(x))).to.equal(
      'vmap-mismatch',
    );
    const inside = (f: () => unknown): unknown => hk.transformWithState(f).init(1);
    expect(errorCode(() => inside(() => hk.vmap(id)))).to.equal('vmap-split-rng');
    hk.vmap.requireSplitRng = false;
    expect(errorCode(() => inside(() => void hk.vmap(id)(x)))).to.equal(undefined);
    hk.vmap.requireSplitRng = true;
    const own = { splitRng: true };
    const making = (_: tf.Tensor): tf.Tensor => hk.getParameter('w', [], { init: randomNormal() });
    expect(errorCode(() => inside(() => hk.vmap(making, own)(x)))).to.equal('vmap-unmapped');
    const setting = (a: tf.Tensor): void => hk.setState('s', tf.sum(a));
    const z = tf.tensor1d([1, 2]);
    expect(errorCode(() => inside(() => hk.vmap(setting, { splitRng: false })(z)))).to.equal('vmap-unmapped');
    const keyless = hk.transform(() => void hk.vmap(id, own)(x));
    expect(errorCode(() => keyless.apply({}, null))).to.equal('rng-missing');
    hk.tree.dispose([x, y, z]);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const one = { init: hk.initializers.constant(1) };

/** Names of what `init` of `f` makes. */
function owners(f: () => unknown): string[] {
  const params = hk.transform(() => void f()).init(0);
  hk.tree.dispose(params);
  return Object.keys(params);
}

@hk.module()
class S extends hk.Module {
  call(): tf.Tensor {
    return hk.getParameter('w', [], one);
  }
}

/** What a port of Haiku easily gets wrong, by number; numbers that are missing here are tested where their subject is. */
describe('traps', () => {
  it('1 after init, BatchNorm holds the averages of the batch', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const model = hk.transformWithState((y: tf.Tensor) =>
      new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(y, true),
    );
    const [params, state] = model.init(null, x);
    const mean = state['batch_norm/~/mean_ema'];
    expect(values(mean.average)).to.deep.equal([2, 3]);
    expect([values(mean.counter), values(mean.hidden)]).to.deep.equal([[0], [0, 0]]);
    hk.tree.dispose([x, params, state]);
  });

  it('3 the key of the caller is not split: init and apply draw the same stream', () => {
    const drawn: hk.PRNGKey[] = [];
    const model = hk.transform(() => void drawn.push(hk.nextRngKey()));
    model.init(5);
    model.apply({}, 5);
    expect(drawn[1]).to.deep.equal(drawn[0]);
    expect(drawn[0]).to.deep.equal(hk.random.split(hk.random.key(5))[1]);
  });

  it('5 keys go to whoever asks first, not to whoever was made first', () => {
    const model = (swap: boolean): hk.Params =>
      hk
        .transform((x: tf.Tensor) => {
          const layers = [new hk.Linear(2, { name: 'a' }), new hk.Linear(2, { name: 'b' })];
          for (const layer of swap ? layers.reverse() : layers) layer.call(x);
        })
        .init(1, x);
    const x = tf.ones([1, 2]);
    const [first, swapped] = [model(false), model(true)];
    expect(values(swapped.b.w)).to.deep.equal(values(first.a.w));
    expect(values(swapped.a.w)).to.deep.equal(values(first.b.w));
    hk.tree.dispose([x, first, swapped]);
  });

  it('20 submodules of a constructor get ~, its parameters do not', () => {
    @hk.module()
    class Both extends hk.Module {
      constructor() {
        super();
        hk.getParameter('p', [], one);
        new S().call();
      }
    }
    expect(owners(() => new Both())).to.deep.equal(['both', 'both/~/s']);
  });

  it('24 a scope of two names takes the first of them too, when it is opened', () => {
    expect(
      owners(() => {
        hk.nameScope('b/c', () => undefined);
        hk.nameScope('b', () => new S().call());
      }),
    ).to.deep.equal(['b_1/s']);
  });

  it('25 after vmap and grad names start again where they were', () => {
    const x = tf.ones([2]);
    const y = tf.scalar(1);
    expect(
      owners(() => {
        hk.vmap((v: tf.Tensor) => tf.mul(new S().call(), v), { splitRng: false })(x);
        new S().call();
      }),
    ).to.deep.equal(['s']);
    expect(
      owners(() => {
        hk.grad((v: tf.Tensor) => tf.mul(new S().call(), v))(y);
        new S().call();
      }),
    ).to.deep.equal(['s']);
    expect(
      owners(() => {
        hk.remat(() => new S().call())();
        new S().call();
      }),
    ).to.deep.equal(['s', 's_1']);
    hk.tree.dispose([x, y]);
  });

  it('30 an empty bundle is state', () => {
    const [, state] = hk.transformWithState(() => errorCode(() => hk.getState('s'))).init(null);
    expect(state).to.deep.equal({ '~': {} });
  });

  it('31 shapes are checked after getters, dtypes and shapes of state never', () => {
    const params = { '~': { w: tf.ones([2], 'int32') } };
    const plain = hk.transform(() => hk.getParameter('w', [2]));
    const reshaped = hk.transform(() =>
      hk.customGetter(
        (next, value) => next(tf.reshape(value, [2, 1])),
        () => hk.getParameter('w', [2, 1]),
      ),
    );
    const results = [plain.apply(params, null), reshaped.apply(params, null)];
    expect(results.map(({ dtype, shape }) => [dtype, shape])).to.deep.equal([
      ['int32', [2]],
      ['int32', [2, 1]],
    ]);
    const [s, after] = hk
      .transformWithState((): tf.Tensor => hk.getState('s', [7]))
      .apply({}, { '~': { s: params['~'].w } }, null);
    expect(s.shape).to.deep.equal([2]);
    hk.tree.dispose([params, results, s, after]);
  });

  it('32 setters do not see the first value of getState', () => {
    const seen: string[] = [];
    const [, state] = hk
      .transformWithState(() =>
        hk.customSetter(
          (next, value, { name }) => {
            seen.push(name);
            return next(value);
          },
          () => [hk.getState('s', [], one), hk.setState('t', tf.scalar(1))],
        ),
      )
      .init(null);
    expect(seen).to.deep.equal(['t']);
    hk.tree.dispose(state);
  });

  it('34 bundles keep the order of creation, traverse is sorted', () => {
    const params = hk.transform(() => [new S({ name: 'b' }).call(), new S({ name: 'a' }).call()]).init(null);
    expect(Object.keys(params)).to.deep.equal(['b', 'a']);
    expect([...hk.dataStructures.traverse(params)].map(([module]) => module)).to.deep.equal(['a', 'b']);
    hk.tree.dispose(params);
  });

  it('38 transformAndRun applies with the next seed', () => {
    const drawn: hk.PRNGKey[] = [];
    hk.testing.transformAndRun(() => void drawn.push(hk.nextRngKey()), { seed: 4 })();
    expect(drawn).to.deep.equal([4, 5].map((seed) => hk.random.split(hk.random.key(seed))[1]));
  });

  it('usage-unsafe: a gradient of TensorFlow.js around parameters is refused on request', () => {
    const model = hk.transform((x: tf.Tensor) =>
      tf.grad((y: tf.Tensor) => tf.mul(y, hk.getParameter('w', [], one)))(x),
    );
    const x = tf.scalar(1);
    expect(errorCode(() => hk.config.context({ checkJaxUsage: true }, () => model.init(null, x)))).to.equal(
      'usage-unsafe',
    );
    x.dispose();
  });
});

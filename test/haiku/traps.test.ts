import { readFileSync } from 'node:fs';
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

/** Traps that are tested where their subject is: the file below `test/`, and words of the test's title. */
const ELSEWHERE: Readonly<Record<number, readonly [file: string, title: string]>> = {
  2: ['haiku/b-state.test.ts', 'B1 init returns the first values, apply the last'],
  4: ['random/prng-sequence.test.ts', 'takes keys of one split, not those of as many draws'],
  6: ['random/key.test.ts', 'split to what the numbers of the new keys fold in to'],
  8: ['random/goldens.test.ts', 'random numbers are those of JAX'],
  9: ['random/properties.test.ts', 'of truncatedNormal are strictly between their bounds'],
  10: ['initializers/goldens.test.ts', 'initial values are those of Haiku'],
  11: ['nn/drivers/golden-driver.ts', 'parameters and state from the seed'],
  12: ['nn/conv.test.ts', 'count what reaches each output of a transposed convolution'],
  13: ['nn/conv.test.ts', 'see one channel each, and put the outputs of a channel side by side'],
  14: ['nn/conv.test.ts', 'use weights of one layout for both data formats'],
  15: ['nn/norm.test.ts', 'parameters [${String(shape)}]'],
  16: ['nn/norm.test.ts', 'equal their formula with an exact variance where the mean is large'],
  17: ['nn/norm.test.ts', 'paramAxis ${JSON.stringify(paramAxis)}'],
  18: ['nn/drivers/goldens.test.ts', 'layers equal dm-haiku'],
  19: ['haiku/e-names.test.ts', 'E1 names come from the class name by the rule of Haiku'],
  21: ['haiku/e-names.test.ts', 'E3 names tell constructor, call and other methods apart'],
  22: ['haiku/e-names.test.ts', 'E3 names start again in each call'],
  23: ['haiku/e-names.test.ts', 'E1 refuses ${String(names)}, which collide'],
  26: ['haiku/g-loops.test.ts', 'G8 names modules as Haiku does'],
  27: ['haiku/g-loops.test.ts', 'G10 runs its body once in init, even with no step to make'],
  28: ['haiku/f-lift.test.ts', 'F5 is transparent on request: names are shared, not taken'],
  29: ['haiku/f-layer-stack.test.ts', 'F7 is a loop over layers of their own'],
  35: ['haiku/e-modules.test.ts', 'E6 list parameters and state of each instance'],
  37: ['nn/mlp.test.ts', 'drops values before the activation, with keys of a sequence from rng'],
};

const NOT_APPLICABLE: Readonly<Record<number, string>> = {
  7: 'there are no half-precision dtypes',
  39: 'the hint of Haiku no longer appears there; branch-mismatch says what to do',
};

/** What a port of Haiku easily gets wrong, by number. */
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

  it('33 interceptors see constructors, accessors, private methods and paramsDict; transparent methods not', () => {
    @hk.module()
    class Many extends hk.Module {
      get prop(): number {
        return this.hidden() + this.clear();
      }
      private hidden(): number {
        return 1;
      }
      @hk.transparent
      clear(): number {
        return 2;
      }
    }
    const seen: string[] = [];
    owners(() =>
      hk.interceptMethods(
        (next, args, { methodName, module }) => {
          seen.push(methodName);
          if (methodName === 'constructor') expect(module.moduleName).to.equal(undefined);
          return next(...args);
        },
        () => {
          const many = new Many();
          void many.prop;
          many.paramsDict();
          many.stateDict();
        },
      ),
    );
    expect(seen).to.deep.equal(['constructor', 'prop', 'hidden', 'paramsDict', 'stateDict']);
  });

  it('36 EMAParamsTree and SNParamsTree write ~ in two ways', () => {
    const x = tf.ones([1, 2]);
    const inner = hk.transform((v: tf.Tensor) => new hk.nets.MLP([3]).call(v));
    const params = inner.init(1, x);
    const state = (make: () => { call: (tree: hk.Params) => unknown }): string[] => {
      const [, made] = hk.transformWithState(() => void make().call(params)).init(2);
      hk.tree.dispose(made);
      return Object.keys(made);
    };
    expect(state(() => new hk.EMAParamsTree(0.9))).to.include('ema_params_tree/mlp___tilde___linear_0__w');
    expect(state(() => new hk.SNParamsTree({ ignoreRegex: '.*b' }))).to.include(
      'sn_params_tree/mlp___tilde__linear_0__w',
    );
    hk.tree.dispose([x, params]);
  });

  it('40 asynchronous bodies are refused without an orphan, and nothing that is returned is freed', async () => {
    const orphan = hk.transform((() => Promise.reject(new Error('orphan'))) as () => unknown);
    expect(errorCode(() => orphan.init(null))).to.equal('async-function');
    await new Promise((resolve) => setTimeout(resolve, 0));
    const x = tf.ones([1, 2]);
    const model = hk.transform((v: tf.Tensor) => new hk.Linear(3).call(v));
    const params = model.init(1, x);
    expect(hk.tree.all(params, (leaf: tf.Tensor) => !leaf.isDisposed)).to.equal(true);
    hk.tree.dispose([x, params]);
  });

  it('are all tested: here, where their subject is, or they do not apply', function () {
    const here = (this.test?.parent?.tests ?? []).map(({ title }) => parseInt(title, 10));
    for (let trap = 1; trap <= 40; trap++) {
      const reference = ELSEWHERE[trap];
      if (reference !== undefined) {
        const text = readFileSync(new URL(`../${reference[0]}`, import.meta.url), 'utf8');
        expect(text, `${trap}: ${reference[0]}`).to.include(reference[1]);
      } else if (NOT_APPLICABLE[trap] === undefined) {
        expect(here, `trap ${trap}`).to.include(trap);
      }
    }
  });

  const guarded: Record<string, () => unknown> = {
    getParameter: () => hk.getParameter('w', [], one),
    getState: () => hk.getState('s', [], one),
    setState: () => hk.setState('s', null),
    nextRngKey: () => hk.nextRngKey(),
    nextRngKeys: () => hk.nextRngKeys(2),
    maybeNextRngKey: () => hk.maybeNextRngKey(),
    reserveRngKeys: () => hk.reserveRngKeys(2),
    withRng: () => hk.withRng(1, () => 1),
    replaceRngSequenceState: () => hk.replaceRngSequenceState([hk.random.key(1), []]),
  };
  for (const [name, use] of Object.entries(guarded)) {
    it(`usage-unsafe: a gradient of TensorFlow.js around hk.${name} is refused on request`, () => {
      const model = hk.transformWithState((x: tf.Tensor) =>
        tf.grad((y: tf.Tensor) => {
          use();
          return tf.mul(y, 1);
        })(x),
      );
      const x = tf.scalar(1);
      const run = (): unknown => errorCode(() => hk.tree.dispose(model.init(1, x)));
      expect(hk.config.context({ checkJaxUsage: true }, run)).to.equal('usage-unsafe');
      x.dispose();
    });
  }
});

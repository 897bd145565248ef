import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const init = hk.initializers.constant(1);

/** Runs `f` once and frees what it made. */
function made(f: () => unknown): hk.Params {
  const [params, state] = hk.transformWithState(() => void f()).init(1);
  hk.tree.dispose([params, state]);
  return params;
}

/** A creator that notes its name and passes on. */
function noting(log: string[], name: string, dtype?: tf.DataType): hk.Creator {
  return (next, shape, given, initializer) => {
    log.push(`${name} ${given}`);
    return next(shape, dtype ?? given, initializer);
  };
}

describe('Haiku intents D: creators, getters and setters', () => {
  it('D1 a creator is told of the parameter as it was asked for', () => {
    let seen: unknown[] = [];
    made(() =>
      hk.customCreator(
        (next, shape, dtype, initializer, context) => {
          const { fullName, moduleName, name, module } = context;
          seen = [fullName, moduleName, name, module, shape, dtype, context.originalInit === init];
          return next(shape, dtype, initializer);
        },
        () => hk.getParameter('w', [], { init }),
      ),
    );
    expect(seen).to.deep.equal(['~/w', '~', 'w', null, [], 'float32', true]);
  });

  it('D2 creators and getters run from the outermost in, and hand the dtype on', () => {
    const log: string[] = [];
    const getter =
      (name: string): hk.Getter =>
      (next, value) => {
        log.push(name);
        return next(value);
      };
    made(() =>
      hk.customCreator(noting(log, 'a', 'int32'), () =>
        hk.customCreator(noting(log, 'b', 'bool'), () =>
          hk.customCreator(noting(log, 'c'), () =>
            hk.customGetter(getter('x'), () =>
              hk.customGetter(getter('y'), () => {
                expect(hk.getParameter('w', [], { init }).dtype).to.equal('bool');
              }),
            ),
          ),
        ),
      ),
    );
    expect(log).to.deep.equal(['a float32', 'b int32', 'c bool', 'x', 'y']);
  });

  it('D3 creators do not run in apply', () => {
    const log: string[] = [];
    const model = hk.transform(() =>
      hk.customCreator(noting(log, 'a'), () => hk.getParameter('w', [], { init })),
    );
    const params = model.init(null);
    hk.tree.dispose([model.apply(params, null), params]);
    expect(log).to.have.length(1);
  });

  for (const [params, state] of [
    [true, false],
    [false, true],
    [true, true],
    [false, false],
  ]) {
    it(`D4 params: ${params}, state: ${state} select what a creator is for`, () => {
      const names: string[] = [];
      made(() =>
        hk.customCreator(
          (next, shape, dtype, initializer, { name }) => {
            names.push(name);
            return next(shape, dtype, initializer);
          },
          () => [hk.getParameter('w', [], { init }), hk.getState('s', [], { init })],
          { params, state },
        ),
      );
      expect(names).to.deep.equal([...(params ? ['w'] : []), ...(state ? ['s'] : [])]);
    });
  }

  it('D5 the context keeps what was asked for after earlier creators changed it', () => {
    let seen: unknown[] = [];
    made(() =>
      hk.customCreator(
        (next, _shape, _dtype, initializer) => next([3], 'int32', initializer),
        () =>
          hk.customCreator(
            (_next, shape, dtype, _init, { originalShape, originalDtype }) => {
              seen = [shape, dtype, originalShape, originalDtype];
              return tf.ones([2]);
            },
            () => hk.getParameter('w', [2], { init }),
          ),
      ),
    );
    expect(seen).to.deep.equal([[3], 'int32', [2], 'float32']);
  });

  it('D6 a getter changes what the caller gets, not what is stored', () => {
    let got = '';
    const params = hk
      .transform(() =>
        hk.customGetter(
          (next, value) => next(tf.cast(value, 'int32')),
          () => {
            got = hk.getParameter('w', [], { init }).dtype;
          },
        ),
      )
      .init(null);
    expect([got, params['~'].w.dtype]).to.deep.equal(['int32', 'float32']);
    hk.tree.dispose(params);
  });

  it('D2 setters run from the outermost in, and are told of the entry as it was set', () => {
    const log: unknown[] = [];
    const setter =
      (name: string): hk.Setter<tf.Tensor> =>
      (next, value, { fullName, moduleName, name: entry, originalShape, originalDtype }) => {
        log.push([name, fullName, moduleName, entry, originalShape, originalDtype, value.shape]);
        return next(name === 'a' ? tf.zeros([3]) : value);
      };
    made(() =>
      hk.nameScope('m', () =>
        hk.customSetter(setter('a'), () =>
          hk.customSetter(setter('b'), () => hk.setState('s', tf.zeros([2]))),
        ),
      ),
    );
    expect(log).to.deep.equal([
      ['a', 'm/s', 'm', 's', [2], 'float32', [2]],
      ['b', 'm/s', 'm', 's', [2], 'float32', [3]],
    ]);
  });

  it('D7 what a setter passes on is what is read', () => {
    made(() => {
      const other = tf.scalar(2);
      hk.customSetter(
        (next) => next(other),
        () => hk.setState('s', tf.scalar(1)),
      );
      expect(hk.getState('s')).to.equal(other);
    });
  });

  it('D8 DO_NOT_STORE leaves nothing behind', () => {
    const nothing = (): typeof hk.DO_NOT_STORE => hk.DO_NOT_STORE;
    const { init: run } = hk.transformWithState(() => {
      const value = tf.scalar(4);
      const kinds = { params: true, state: true };
      hk.customCreator(
        nothing,
        () =>
          hk.customGetter(
            () => value,
            () => {
              expect(values(hk.getParameter('w', [], { init }))).to.deep.equal([4]);
              expect(values(hk.getState('s', [], { init }))).to.deep.equal([4]);
            },
            kinds,
          ),
        kinds,
      );
      hk.customSetter(nothing, () => hk.setState('t', value));
    });
    expect(run(null)).to.deep.equal([{}, {}]);
    const bare = hk.transform(() => hk.customCreator(nothing, () => hk.getParameter('w', [], { init })));
    expect(errorCode(() => bare.init(null))).to.equal('value-not-stored');
  });

  it('D9 creators know the lifts around them: none in apply', () => {
    const prefixes: unknown[] = [];
    const noted = (): tf.Tensor =>
      hk.customCreator(
        (next, shape, dtype, initializer, { liftedPrefixName }) => {
          prefixes.push(liftedPrefixName);
          return next(shape, dtype, initializer);
        },
        () => hk.getParameter('w', [], { init }),
      );
    const lifted = (name: string, f: () => tf.Tensor) => (): tf.Tensor => {
      const inner = hk.transform(f);
      return inner.apply(hk.lift(inner.init, { name })(null), null);
    };
    const clear = (f: () => tf.Tensor) => (): tf.Tensor => {
      const inner = hk.transform(f);
      return inner.apply(hk.transparentLift(inner.init)(null), null);
    };
    for (const [f, prefix] of [
      [noted, null],
      [lifted('outer', noted), 'outer/'],
      [lifted('outer', lifted('inner', noted)), 'outer/inner/'],
      [lifted('outer', clear(noted)), 'outer/'],
    ] as const) {
      prefixes.length = 0;
      made(f);
      expect(prefixes).to.deep.equal([prefix]);
    }
  });
});

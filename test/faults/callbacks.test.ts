import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { maybeCurrentFrame } from '../../src/module/frame.js';
import { stacksInForce } from '../../src/module/scoped-stack.js';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

class Thrown extends Error {}

/** Calls of user code so far, and the one that throws. */
let calls = 0;
let throwsAt = Infinity;

/** Stands at the start of every callback. */
function tick(): void {
  if (++calls === throwsAt) throw new Thrown(`call ${calls}`);
}

/** The callback, counted. */
function ticking<F extends (...args: never[]) => unknown>(f: F): F {
  return ((...args: never[]) => {
    tick();
    return f(...args);
  }) as F;
}

const ones = ticking((shape: readonly number[]) => tf.ones([...shape]));

@hk.module('inner')
class Inner extends hk.Module {
  constructor(private readonly size: number) {
    super();
    tick();
  }

  get scale(): tf.Tensor {
    tick();
    return hk.getParameter('scale', [this.size], { init: ones });
  }

  call(x: tf.Tensor): tf.Tensor {
    tick();
    const count = hk.getState('count', [], { init: ticking(() => tf.scalar(0)) });
    hk.setState('count', tf.add(count, 1));
    return this.double(tf.mul(x, this.scale));
  }

  double(x: tf.Tensor): tf.Tensor {
    tick();
    return tf.add(x, hk.getParameter('b', [this.size], { init: ones }));
  }
}

const x = (): tf.Tensor => tf.tensor([0.5, -1, 2]);

/** Programs that, together, call every kind of callback that the library takes inside of a transform. */
const programs: Record<string, () => tf.Tensor> = {
  'constructors, methods, accessors, initializers, state': () => new Inner(3).call(x()),
  'name scopes and keys': () =>
    hk.nameScope('outer', () => {
      tick();
      return hk.withRng(hk.random.key(1), () => {
        tick();
        return tf.add(new Inner(3).call(x()), hk.random.uniform(hk.nextRngKey(), [3]));
      });
    }),
  'creators, getters, setters': () =>
    hk.customCreator(
      ticking((next, shape, dtype, init) => next(shape, dtype, init)),
      () =>
        hk.customGetter(
          ticking((next, value) => next(value)),
          () =>
            hk.customSetter(
              ticking((next, value) => next(value)),
              () => new Inner(3).call(x()),
            ),
          { params: true, state: true },
        ),
      { params: true, state: true },
    ),
  interceptors: () =>
    hk.interceptMethods(
      ticking((next, args) => next(...args)),
      () => new Inner(3).call(x()),
    ),
  'loops and branches': () => {
    const layer = new hk.Linear(1, { wInit: ones });
    const [carry] = hk.scan(
      ticking((c: tf.Tensor, y: tf.Tensor): [tf.Tensor, tf.Tensor] => [tf.add(c, layer.call(y)), c]),
      tf.zeros([1]),
      tf.ones([3, 1]),
    );
    const mapped = hk.map(
      ticking((y: tf.Tensor) => tf.mul(y, 2)),
      tf.ones([2, 1]),
    );
    const looped = hk.foriLoop(
      0,
      2,
      ticking((_: number, v: tf.Tensor) => tf.add(v, 1)),
      carry,
    );
    const chosen = hk.cond(
      tf.scalar(true, 'bool'),
      ticking((y: tf.Tensor) => y),
      ticking((y: tf.Tensor) => tf.neg(y)),
      looped,
    );
    const switched = hk.switch(
      1,
      [ticking((y: tf.Tensor) => y), ticking((y: tf.Tensor) => tf.add(y, 1))],
      chosen,
    );
    return tf.add(switched, tf.sum(mapped));
  },
  'lifts and transforms within transforms': () => {
    const inner = hk.transformWithState(ticking((y: tf.Tensor) => new Inner(3).call(y)));
    const init = hk.lift(
      ticking(() =>
        hk.transform((y: tf.Tensor) => new hk.Linear(3, { wInit: ones }).call(y)).init(1, tf.ones([3])),
      ),
      { name: 'lifted' },
    );
    const params = init();
    const [p, s] = inner.init(1, x());
    const [output] = inner.apply(p, s, null, x());
    return tf.add(output, params.linear.b);
  },
  'layer stacks': () => hk.layerStack(2)((y: tf.Tensor) => new Inner(3).call(y))(x()) as tf.Tensor,
  'vmap, remat, gradients': () => {
    const layer = new hk.Linear(1, { wInit: ones });
    if (hk.runningInit()) return layer.call(x());
    const mapped = hk.vmap(
      ticking((y: tf.Tensor) => tf.mul(y, 2)),
      { splitRng: false },
    )(tf.ones([2, 3]));
    const kept = hk.remat(ticking((y: tf.Tensor) => tf.mul(y, layer.call(y))))(x());
    const gradient = hk.grad(ticking((y: tf.Tensor) => tf.sum(tf.square(layer.call(y))) as tf.Scalar))(x());
    return tf.addN([tf.sum(mapped, 0), kept, gradient]);
  },
  'deferred modules and modules of functions': () => {
    const deferred = new hk.Deferred(ticking(() => new Inner(3)));
    const OfFunction = hk.toModule(
      ticking(function named(y: tf.Tensor) {
        return tf.mul(y, hk.getParameter('w', [], { init: ones }));
      }),
    );
    return new OfFunction('of_function').call(deferred.call(x()));
  },
  'policies and settings': () =>
    hk.mixedPrecision.pushPolicy(Inner, 'params=float32,compute=float32,output=float32', () =>
      hk.config.context({ checkJaxUsage: true }, () => {
        tick();
        return new Inner(3).call(x());
      }),
    ),
  'captured outputs': () => {
    const [result] = hk.capture(
      ticking(() => new Inner(3).call(x())),
      ticking(() => true),
    );
    return result;
  },
};

/** What must be as it was after a failure. */
function traces(): Record<string, unknown> {
  const { state } = tf.engine() as unknown as { state: Record<string, unknown> };
  return {
    tensors: tf.memory().numTensors,
    frame: maybeCurrentFrame(),
    stacks: stacksInForce(),
    outside: errorCode(() => hk.getParameter('w', [1], { init: ones })),
    gradientDepth: state.gradientDepth,
    kernelDepth: state.kernelDepth,
    tape: state.activeTape,
    scopes: (state.scopeStack as unknown[]).length,
    listeners: ['uncaughtException', 'unhandledRejection', 'exit', 'warning'].map((event) =>
      process.listenerCount(event),
    ),
  };
}

/** Runs with no call, then each call of user code in turn, throwing. */
function failEverywhere(run: () => void): number {
  throwsAt = Infinity;
  calls = 0;
  run();
  const total = calls;
  for (let at = 1; at <= total; at++) {
    const before = traces();
    throwsAt = at;
    calls = 0;
    expect(run, `call ${at} of ${total}`).to.throw(Thrown, `call ${at}`);
    throwsAt = Infinity;
    expect(traces(), `after call ${at} of ${total}`).to.deep.equal(before);
  }
  run();
  return total;
}

describe('an error in user code', () => {
  for (const [name, program] of Object.entries(programs)) {
    it(`leaves nothing behind, wherever it is thrown: ${name}`, () => {
      const model = hk.transformWithState(program);
      const total = failEverywhere(() => {
        const [params, state] = model.init(3, ...[]);
        try {
          const [output, next] = model.apply(params, state, hk.random.key(5));
          hk.tree.dispose([output, next]);
        } finally {
          hk.tree.dispose([params, state]);
        }
      });
      expect(total).to.be.greaterThan(1);
    });
  }

  it('leaves nothing behind in gradients, loops, plans and shapes outside of transforms', () => {
    const w = tf.tensor([1, 2, 3]);
    const loss = ticking((p: tf.Tensor) => tf.sum(tf.square(p)) as tf.Scalar);
    const total = failEverywhere(() => {
      const [value, gradient] = hk.valueAndGrad(ticking((p: tf.Tensor) => hk.valueAndGrad(loss)(p)[0]))(w);
      hk.tree.dispose([value, gradient]);
      const jitted = hk.jit(ticking((p: tf.Tensor) => loss(p)));
      try {
        hk.tree.dispose(jitted(w));
      } finally {
        jitted.dispose();
      }
      hk.evalShape(
        ticking((p: tf.Tensor) => loss(p)),
        w,
      );
      const step = hk.donate(ticking((c: tf.Tensor): [tf.Tensor, null] => [tf.add(c, 1), null]));
      const carry = tf.zeros([1]);
      try {
        hk.tree.dispose(step(carry)[0]);
      } catch (error) {
        carry.dispose();
        throw error;
      }
    });
    expect(total).to.be.greaterThan(5);
    w.dispose();
  });
});

import {
  add,
  cast,
  clone,
  gather,
  grad,
  memory,
  mul,
  pow,
  scalar,
  sin,
  square,
  sum,
  tensor1d,
  variable,
  variableGrads,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { jit } from '../../src/compile/jit.js';
import * as hk from '../../src/index.js';
import { expectClose } from '../support/compare.js';

type AnyFunction = (...args: never[]) => unknown;

/** Gives the same gradients with and without `jit`, three times, for inputs that the function was not recorded with. */
function itHasGradients<F extends AnyFunction>(title: string, f: F, use: (f: F, x: Tensor) => unknown): void {
  it(title, () => {
    const jitted = jit(f);
    const gradient = (g: F): ((x: Tensor) => Tensor) => hk.grad((x: Tensor) => sum(use(g, x) as Tensor));
    const xs = [
      [1, 2, 3],
      [-0.5, 0.25, 2],
      [3, 3, -1],
    ].map((values) => tensor1d(values));
    for (const x of xs) {
      const [expected, actual] = [gradient(f)(x), gradient(jitted as unknown as F)(x)];
      expectClose(actual, expected.dataSync(), 1e-5);
      hk.tree.dispose([expected, actual]);
    }
    jitted.dispose();
    hk.tree.dispose(xs);
  });
}

describe('the gradient of a jitted function', () => {
  itHasGradients('reaches through what was made on the way', square, (f, x) => {
    const made = mul(x, 2);
    return mul(f(made), made);
  });
  itHasGradients('reaches through a chain of calls', sin, (f, x) => f(f(f(x))));
  itHasGradients(
    'takes arguments that have none',
    (x: Tensor, i: Tensor) => gather(square(x), i as never),
    (f, x) => f(x, tensor1d([0, 0, 2], 'int32')),
  );
  itHasGradients(
    'is that of all results, whatever their dtypes',
    ({ x, k }: { x: Tensor; k: Tensor }) => ({
      a: square(x),
      b: mul(x, k),
      c: cast(x, 'int32'),
      d: x,
      e: 3,
    }),
    (f, x) => {
      const { a, b, c, d } = f({ x, k: scalar(3) });
      return add(mul(a, b), mul(cast(c, 'float32'), d));
    },
  );
  itHasGradients(
    'is nothing where no result is a float',
    (x: Tensor) => cast(x, 'int32'),
    (f, x) => add(cast(f(x), 'float32'), x),
  );
  itHasGradients('goes through hk.remat', sin, (f, x) => hk.remat((u: Tensor) => f(square(u)))(x));

  const cube = (x: Tensor): Tensor => pow(x, 3);
  const once = (f: typeof cube): typeof cube => hk.grad((x: Tensor) => sum(square(f(x))));
  itHasGradients('has a gradient itself', cube, (f, x) => once(f)(x));
  itHasGradients('has a third one', cube, (f, x) => once(once(f))(x));
});

describe('the gradient for what a jitted function reads from around it', () => {
  const weights = (): Tensor => tensor1d([2, 3, 4]);

  function expectGradient(gradient: (w: Tensor) => Tensor, expected: readonly number[]): void {
    const w = weights();
    for (let i = 0; i < 2; i++) {
      const actual = gradient(w);
      expectClose(actual, Float32Array.from(expected), 1e-6);
      actual.dispose();
    }
    w.dispose();
  }

  const x = [1, 2, 3];

  it('is that of hk.grad', () => {
    const f = hk.grad((w: Tensor) => sum(jit((t: Tensor) => mul(t, clone(square(w))))(tensor1d(x))));
    expectGradient(f, [4, 12, 24]);
  });

  it('is that of tf.grad', () => {
    expectGradient(
      grad((w) => sum(jit((t: Tensor) => mul(t, square(w)))(tensor1d(x)))),
      [4, 12, 24],
    );
  });

  it('reaches what was made on the way', () => {
    const f = hk.grad((w: Tensor) => {
      const made = square(w);
      return sum(jit((t: Tensor) => mul(t, mul(made, w)))(tensor1d(x)));
    });
    expectGradient(f, [12, 54, 144]);
  });

  it('reaches what is returned as it is', () => {
    const f = hk.grad((w: Tensor) => {
      const [a, b] = jit((t: Tensor) => [w, mul(t, w)])(tensor1d(x));
      return sum(mul(a, b));
    });
    expectGradient(f, [4, 12, 24]);
  });

  it('has a gradient itself', () => {
    const inner = (w: Tensor): Tensor =>
      hk.grad((v: Tensor) => sum(jit((t: Tensor) => mul(t, pow(v, 3)))(tensor1d(x))))(w);
    expectGradient(
      hk.grad((w: Tensor) => sum(inner(w))),
      [12, 36, 72],
    );
  });

  it('reaches variables', () => {
    const [w, t] = [weights(), tensor1d(x)];
    const v = variable(w);
    const f = jit((u: Tensor): Scalar => sum(mul(u, square(v))));
    for (let i = 0; i < 2; i++) {
      const { value, grads } = variableGrads(() => f(t));
      expectClose(Object.values(grads)[0], Float32Array.of(4, 12, 24), 1e-6);
      hk.tree.dispose([value, grads]);
    }
    f.dispose();
    hk.tree.dispose([v, w, t]);
  });

  it('counts a constant once', () => {
    const [w, t] = [weights(), tensor1d(x)];
    const f = jit((u: Tensor, v: Tensor) => sum(mul(u, square(v))), { constants: w });
    for (let i = 0; i < 2; i++) {
      const gradients = hk.grad(f, { argnums: [0, 1] })(t, w);
      expectClose(gradients[0], Float32Array.of(4, 9, 16), 1e-6);
      expectClose(gradients[1], Float32Array.of(4, 12, 24), 1e-6);
      hk.tree.dispose(gradients);
    }
    f.dispose();
    hk.tree.dispose([w, t]);
  });
});

describe('a jitted function that returns what it read from around it', () => {
  it('hands out copies from the first call on', () => {
    const outer = [tensor1d([1, 2]), tensor1d([3], 'int32')];
    const f = jit(() => [...outer, outer[0]]);
    const before = memory().numTensors;
    for (let i = 0; i < 3; i++) hk.tree.dispose(f());
    expect(outer.map(({ isDisposed }) => isDisposed)).to.deep.equal([false, false]);
    expect(memory().numTensors).to.equal(before);
    f.dispose();
    hk.tree.dispose(outer);
  });
});

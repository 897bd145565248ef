import {
  add,
  backend,
  gather,
  grad,
  matMul,
  memory,
  mul,
  relu,
  reshape,
  scalar,
  sin,
  sum,
  tensor,
  tensor1d,
  tensor2d,
  tidy,
  unique,
  variable,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { jit } from '../../src/compile/jit.js';
import { expectBits, expectClose } from '../support/compare.js';

type Net = (p: { w: Tensor2D; b: Tensor }, x: Tensor2D) => { y: Tensor; twice: Tensor };

const net: Net = ({ w, b }, x) => {
  const y = relu(add(matMul(x, w), b));
  return { y, twice: mul(reshape(y, [-1]), scalar(2)) };
};

function parameters(seed: number): { w: Tensor2D; b: Tensor } {
  const values = Array.from({ length: 6 }, (_, i) => Math.sin(seed + 3 * i));
  return { w: tensor2d(values, [3, 2]), b: tensor1d([seed, -seed]) };
}

describe('jit', () => {
  it('gives what the function gives, for arguments that it was not recorded with', () => {
    const jitted = jit(net);
    for (const seed of [1, 2, 3]) {
      tidy(() => {
        const p = parameters(seed);
        const x = tensor2d([1, 2, 3, seed, 5, 6], [2, 3]);
        const expected = net(p, x);
        const actual = jitted(p, x);
        expect(Object.keys(actual)).to.deep.equal(['y', 'twice']);
        expect(actual.twice.shape).to.deep.equal([4]);
        expectClose(actual.y, expected.y.dataSync(), 1e-6);
        expectClose(actual.twice, expected.twice.dataSync(), 1e-6);
      });
    }
    jitted.dispose();
  });

  it('leaves no tensors and no memory behind', () => {
    const jitted = jit(net);
    const p = parameters(1);
    const x = tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const before = memory().numTensors;
    const data = backend().numDataIds();
    for (let i = 0; i < 20; i++) {
      const { y, twice } = jitted(p, x);
      y.dispose();
      twice.dispose();
    }
    expect(memory().numTensors).to.equal(before);
    // The first call wrote the plan's constant, which is no tensor.
    expect(backend().numDataIds() - data).to.equal(1);
    p.w.dispose();
    p.b.dispose();
    x.dispose();
    jitted.dispose();
  });

  it('tells one object in two places from two objects', () => {
    const jitted = jit((a: Tensor, b: Tensor) => add(mul(a, scalar(10)), b));
    tidy(() => {
      const one = tensor1d([1]);
      const two = tensor1d([2]);
      expectBits(jitted(one, one), Float32Array.of(11));
      expectBits(jitted(one, two), Float32Array.of(12));
    });
    jitted.dispose();
  });

  it('hands out copies of arguments and of equal results', () => {
    const jitted = jit((a: Tensor) => [a, a] as const);
    for (let i = 0; i < 2; i++) {
      const a = tensor1d([1, 2]);
      const [b, c] = jitted(a);
      a.dispose();
      b.dispose();
      expectBits(c, Float32Array.of(1, 2));
      c.dispose();
    }
    jitted.dispose();
  });

  it('has gradients', () => {
    const f = (x: Tensor): Scalar => sum(mul(sin(x), x));
    const jitted = jit(f);
    for (const values of [
      [1, 2, 3],
      [-1, 0.5, 2],
    ]) {
      tidy(() => {
        const x = tensor(values);
        const expected = grad(f)(x).dataSync() as Float32Array;
        expectClose(grad((t) => mul(jitted(t), 1))(x), expected, 1e-6);
      });
    }
    jitted.dispose();
  });

  it('records gradients taken inside', () => {
    const f = (x: Tensor): Tensor => grad((t) => sum(mul(sin(t), t)))(x);
    const jitted = jit(f, { check: true });
    for (const value of [1, 2])
      tidy(() => expectBits(jitted(scalar(value)), f(scalar(value)).dataSync() as Float32Array));
    jitted.dispose();
  });

  it('refuses to read values', () => {
    const jitted = jit((x: Tensor) => mul(x, x.dataSync()[0]));
    const x = scalar(1);
    expect(() => jitted(x))
      .to.throw()
      .with.property('code', 'jit-value-read');
    x.dispose();
  });
});

describe('jit refuses', () => {
  const code = (f: () => unknown): unknown => {
    try {
      tidy(() => void f());
    } catch (error) {
      return (error as { code?: string }).code;
    }
    return undefined;
  };

  it('arguments that it cannot tell apart', () => {
    const jitted = jit((x: Tensor, f: (t: Tensor) => Tensor) => f(x));
    expect(code(() => jitted(scalar(1), relu))).to.equal('jit-argument-unsupported');
  });

  it('numbers from Math.random', () => {
    const jitted = jit((x: Tensor) => mul(x, Math.random()));
    expect(code(() => jitted(scalar(1)))).to.equal('jit-untraceable');
  });

  it('what is not recorded, even where the function catches the error', () => {
    const v = tidy(() => variable(scalar(1)));
    const functions: Record<string, [f: (x: Tensor) => unknown, code: string]> = {
      'an asynchronous function': [(x) => Promise.resolve(x), 'jit-untraceable'],
      'values that are read later': [
        (x) => {
          void x.data();
          return x;
        },
        'jit-value-read',
      ],
      'an error that is caught': [
        (x) => {
          try {
            return mul(x, x.dataSync()[0]);
          } catch {
            return x;
          }
        },
        'jit-value-read',
      ],
      'a variable that is assigned': [
        (x) => {
          v.assign(scalar(2));
          return mul(x, v);
        },
        'jit-untraceable',
      ],
      'an argument that is disposed of': [
        (x) => {
          const y = mul(x, 2);
          x.dispose();
          return y;
        },
        'jit-untraceable',
      ],
      'a step that frees its carry': [hk.donate((w: Tensor) => [mul(w, 2), null]), 'jit-untraceable'],
      'a result as large as values say': [(x) => unique(x as Tensor1D).values, 'jit-untraceable'],
    };
    const x = tensor1d([1, 2, 2]);
    for (const [what, [f, expected]] of Object.entries(functions)) {
      const before = [memory().numTensors, backend().numDataIds()];
      const jitted = jit(f as (x: Tensor) => Tensor);
      expect(
        code(() => jitted(x)),
        what,
      ).to.equal(expected);
      expect([memory().numTensors, backend().numDataIds()], what).to.deep.equal(before);
    }
    expectBits(v, Float32Array.of(1));
    x.dispose();
    v.dispose();
  });

  it('parameters, state and keys of a transform around it', () => {
    const uses: Record<string, () => Tensor> = {
      getParameter: () => hk.getParameter('w', [2], { init: hk.initializers.constant(1) }),
      nextRngKey: () => hk.random.uniform(hk.nextRngKey(), [2]),
      setState: () => {
        hk.setState('n', scalar(1));
        return scalar(1);
      },
    };
    for (const [name, use] of Object.entries(uses)) {
      const model = hk.transformWithState((x: Tensor) => jit((y: Tensor) => add(y, use()))(x));
      expect(
        code(() => model.init(1, scalar(1))),
        name,
      ).to.equal('jit-untraceable');
    }
    const inner = hk.transform((x: Tensor) =>
      add(x, hk.getParameter('w', [2], { init: hk.initializers.constant(1) })),
    );
    const apply = jit((p: hk.Params, x: Tensor) => inner.apply(p, null, x));
    const outer = hk.transform((x: Tensor) => apply({ '~': { w: tensor1d([1, 2]) } }, x));
    tidy(() => expectBits(outer.apply({}, null, scalar(1)), Float32Array.of(2, 3)));
    apply.dispose();
  });

  it('indices outside in a replay, as the function does', () => {
    const jitted = jit((x: Tensor, indices: Tensor1D) => gather(mul(x, 2), indices));
    tidy(() => {
      const x = tensor1d([1, 2, 3]);
      expectBits(jitted(x, tensor1d([2, 0], 'int32')), Float32Array.of(6, 2));
      expectBits(jitted(x, tensor1d([0, 1], 'int32')), Float32Array.of(2, 4));
      expect(code(() => jitted(x, tensor1d([0, 3], 'int32')))).to.equal('wasm-index-out-of-range');
    });
    jitted.dispose();
  });

  it('a plan that does not give what the function gives, when asked to check', () => {
    let factor = 1;
    const jitted = jit((x: Tensor) => mul(x, factor++), { check: true });
    expect(code(() => jitted(scalar(1)))).to.equal(undefined);
    expect(code(() => jitted(scalar(1)))).to.equal('jit-check-failed');
    jitted.dispose();
  });
});

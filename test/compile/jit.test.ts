import {
  add,
  backend,
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
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
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

  it('a plan that does not give what the function gives, when asked to check', () => {
    let factor = 1;
    const jitted = jit((x: Tensor) => mul(x, factor++), { check: true });
    expect(code(() => jitted(scalar(1)))).to.equal(undefined);
    expect(code(() => jitted(scalar(1)))).to.equal('jit-check-failed');
    jitted.dispose();
  });
});

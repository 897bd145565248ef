import {
  add,
  conv2d,
  depthwiseConv2d,
  matMul,
  mul,
  relu,
  relu6,
  rsqrt,
  sub,
  tensor,
  tidy,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { jit } from '../../src/compile/jit.js';
import { expectBits, expectClose } from '../support/compare.js';

/** Values that look random and are the same in every run. */
function values(shape: number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(seed * 17.1 + i * 1.7)),
    shape,
  );
}

function kernels(description: { toString(): string }): string[] {
  return [...String(description).matchAll(/= ([\w.]+)\(/g)].map((match) => match[1]);
}

/** The kernels of the plan of `f`, whose replay must agree with `f`. */
function checkPlan(
  f: (...args: Tensor[]) => Tensor,
  shapes: number[][],
  constants = 0,
  exact = false,
): string[] {
  return tidy(() => {
    const first = shapes.map((shape, i) => values(shape, i + 1));
    const fixed = first.slice(first.length - constants);
    const jitted = jit(f, { constants: fixed });
    const names = kernels(jitted.lower(...first));
    jitted(...first).dispose();
    const second = [
      ...shapes.slice(0, first.length - constants).map((shape, i) => values(shape, i + 50)),
      ...fixed,
    ];
    const expected = f(...second).dataSync() as Float32Array;
    if (exact) expectBits(jitted(...second), expected);
    else expectClose(jitted(...second), expected, 1e-6);
    jitted.dispose();
    return names;
  });
}

describe('passes of jit', () => {
  it('compute equal calls once', () => {
    expect(checkPlan((x) => add(relu(x), relu(x)), [[3]], 0, true)).to.deep.equal(['Relu', 'Add']);
  });

  it('compute what depends on constants alone once', () => {
    expect(checkPlan((x, c) => mul(x, rsqrt(add(relu(c), 1))), [[3], [3]], 1, true)).to.deep.equal([
      'Multiply',
    ]);
  });

  it('drop what nobody reads', () => {
    const f = (x: Tensor): Tensor => {
      mul(x, 3);
      return relu(x);
    };
    expect(checkPlan(f, [[3]], 0, true)).to.deep.equal(['Relu']);
  });

  it('put bias and activation into products', () => {
    const dense = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      relu(add(matMul(x as Tensor2D, w as Tensor2D), b));
    expect(checkPlan(dense, [[4, 5], [5, 3], [3]])).to.deep.equal(['_FusedMatMul']);
    const flipped = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      add(b, matMul(x as Tensor2D, w as Tensor2D, true));
    expect(
      checkPlan(flipped, [
        [5, 4],
        [5, 3],
        [1, 3],
      ]),
    ).to.deep.equal(['_FusedMatMul']);
    const batched = (x: Tensor, w: Tensor, b: Tensor): Tensor => relu6(add(matMul(x, w), b));
    expect(checkPlan(batched, [[2, 4, 5], [2, 5, 3], [3]])).to.deep.equal(['_FusedMatMul']);
  });

  it('leave a product alone whose result is read twice', () => {
    const f = (x: Tensor, w: Tensor): Tensor => {
      const y = matMul(x as Tensor2D, w as Tensor2D);
      return add(relu(y), y);
    };
    expect(
      checkPlan(f, [
        [4, 5],
        [5, 3],
      ]),
    ).to.deep.equal(['BatchMatMul', 'Relu', 'Add']);
  });

  it('put bias and activation into convolutions', () => {
    const conv = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      relu(add(conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), b));
    expect(checkPlan(conv, [[2, 6, 6, 3], [3, 3, 3, 4], [4]])).to.deep.equal(['FusedConv2D']);
    const depthwise = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      relu6(add(depthwiseConv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), b));
    expect(checkPlan(depthwise, [[2, 6, 6, 3], [3, 3, 3, 1], [3]])).to.deep.equal(['FusedDepthwiseConv2D']);
  });

  it('fold a batch norm with constants into the convolution before it', () => {
    const f = (x: Tensor, w: Tensor, mean: Tensor, scale: Tensor, offset: Tensor): Tensor =>
      relu(
        add(
          mul(sub(conv2d(x as Tensor4D, w as Tensor4D, 2, 'valid'), mean), rsqrt(add(mul(scale, scale), 1))),
          offset,
        ),
      );
    const shapes = [
      [2, 6, 6, 3],
      [3, 3, 3, 4],
      [1, 1, 1, 4],
      [1, 1, 1, 4],
      [1, 1, 1, 4],
    ];
    expect(checkPlan(f, shapes, 4)).to.deep.equal(['FusedConv2D']);
  });
});

import { add, mul, neg, scalar, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits } from '../support/compare.js';

describe('branches on a tensor, recorded', () => {
  it('are all in the plan, which follows the tensor', () => {
    const f = (flag: Tensor, x: Tensor): { y: Tensor } =>
      hk.cond(
        flag,
        (t: Tensor) => ({ y: mul(t, 2) }),
        (t: Tensor) => ({ y: neg(t) }),
        x,
      );
    const jitted = hk.jit(f);
    for (const flag of [true, false, true]) {
      tidy(() => {
        const x = tensor1d([1, 2]);
        const expected = f(scalar(flag), x).y.dataSync() as Float32Array;
        expectBits(jitted(scalar(flag), x).y, expected);
      });
    }
    jitted.dispose();
  });

  it('of hk.switch too, with the index cut to those there are', () => {
    const branches = [0, 10, 20].map((n) => (x: Tensor) => add(x, n));
    const f = (index: Tensor, x: Tensor): Tensor => hk.switch(index, branches, x);
    const jitted = hk.jit(f);
    for (const index of [1, -3, 0, 2, 7]) {
      tidy(() => {
        const expected = f(scalar(index, 'int32'), scalar(1)).dataSync() as Float32Array;
        expectBits(jitted(scalar(index, 'int32'), scalar(1)), expected);
      });
    }
    jitted.dispose();
  });

  it('must not set state', () => {
    const { apply } = hk.transformWithState((flag: Tensor) => {
      const set = (value: number) => () => {
        hk.setState('s', scalar(value));
        return scalar(0);
      };
      return hk.cond(flag, set(1), set(2));
    });
    const jitted = hk.jit(apply);
    tidy(() => {
      expect(() => jitted({}, {}, null, scalar(true)))
        .to.throw()
        .with.property('code', 'control-value');
    });
    jitted.dispose();
  });
});

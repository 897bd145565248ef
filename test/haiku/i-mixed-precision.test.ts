import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const mp = hk.mixedPrecision;
const full = { paramDtype: 'float32', computeDtype: 'float32', outputDtype: 'float32' } as const;

describe('Haiku intents I: mixedPrecision', () => {
  it('I7 reads policies as jmp does, and refuses dtypes that no backend has', () => {
    for (const text of [
      'float32',
      'f32',
      'full',
      'params=float32,compute=float32,output=float32',
      'p=f32, c=full',
      'o=f32',
    ]) {
      expect(mp.parsePolicy(text)).to.deep.equal(full);
    }
    for (const text of ['half', 'p=f32,c=bf16', 'float16'])
      expect(errorCode(() => mp.parsePolicy(text))).to.equal('dtype-unsupported');
    for (const text of ['x=f32', 'p=f31', ''])
      expect(errorCode(() => mp.parsePolicy(text))).to.equal('policy-invalid');
    expect(errorCode(() => mp.setPolicy(hk.Linear, null as never))).to.equal('policy-invalid');
  });

  it('I7 holds for the methods of a class, seen by the parameters that they ask for', () => {
    const seen: unknown[] = [];
    @hk.module()
    class Inner extends hk.Module {
      call(): unknown {
        return mp.currentPolicy();
      }
    }
    @hk.module()
    class Outer extends hk.Module {
      call(x: tf.Tensor): unknown[] {
        const w = hk.getParameter('w', [], {
          dtype: 'int32',
          init: (shape, dtype) => (seen.push(dtype), tf.ones(shape, dtype)),
        });
        return [mp.currentPolicy(), new Inner().call(), w.dtype, x.dtype];
      }
    }
    const x = tf.scalar(1, 'int32');
    const run = (): unknown => {
      const model = hk.transform(() => [new Outer().call(x), mp.currentPolicy()]);
      const params = model.init(null);
      const result = model.apply(params, null);
      hk.tree.dispose(params);
      return result;
    };
    expect(run()).to.deep.equal([[undefined, undefined, 'int32', 'int32'], undefined]);
    mp.setPolicy(Outer, 'full');
    expect(mp.getPolicy(Outer)).to.deep.equal(full);
    expect(run(), 'parameters are made in the dtype of the policy').to.deep.equal([
      [full, full, 'float32', 'int32'],
      undefined,
    ]);
    expect(seen).to.deep.equal(['int32', 'float32']);
    mp.clearPolicy(Outer);
    expect(mp.getPolicy(Outer)).to.equal(undefined);
    mp.pushPolicy(Outer, full, () =>
      expect(run()).to.deep.equal([[full, full, 'float32', 'int32'], undefined]),
    );
    expect(() =>
      mp.pushPolicy(Outer, full, () => {
        throw new Error('x');
      }),
    ).to.throw('x');
    expect(mp.getPolicy(Outer)).to.equal(undefined);
    x.dispose();
  });

  it('I7 comes before interceptors, and cannot be pushed from within', () => {
    @hk.module()
    class Net extends hk.Module {
      call(): unknown {
        return mp.pushPolicy(Net, full, () => 1);
      }
    }
    const order: unknown[] = [];
    mp.setPolicy(Net, full);
    const model = hk.transform(() =>
      hk.interceptMethods(
        (next, args) => (order.push(mp.currentPolicy()), next(...args)),
        () => new Net().call(),
      ),
    );
    expect(errorCode(() => model.init(null))).to.equal('policy-in-use');
    expect(order).to.deep.equal([full, full]);
    mp.clearPolicy(Net);
  });
});

import { tensor, type DataType } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const { initializers } = hk;

function initialize(init: hk.Initializer, shape: number[], dtype: DataType = 'float32'): number[] {
  const value = hk.transform(() => init(shape, dtype)).apply({}, 42);
  expect(value.shape).to.deep.equal(shape);
  expect(value.dtype).to.equal(dtype);
  const values = [...value.dataSync()];
  value.dispose();
  return values;
}

describe('initializers', () => {
  it('refuse options that mean nothing', () => {
    for (const options of [{ scale: -1 }, { scale: NaN }, { mode: 'fan' }, { distribution: 'gaussian' }]) {
      expect(errorCode(() => initializers.varianceScaling(options as object))).to.equal(
        'initializer-option-invalid',
      );
    }
    for (const init of [
      initializers.varianceScaling({ fanInAxes: [3] }),
      initializers.orthogonal({ axis: 3 }),
      initializers.orthogonal({ axis: -4 }),
    ]) {
      expect(errorCode(() => initialize(init, [2, 3, 4]))).to.equal('initializer-option-invalid');
    }
  });

  it('refuse dtypes that no backend has', () => {
    for (const init of [initializers.constant(1), initializers.identity(), initializers.randomNormal()]) {
      expect(errorCode(() => initialize(init, [2, 2], 'float16' as DataType))).to.equal(
        'initializer-dtype-invalid',
      );
    }
  });

  it('refuse shapes without a matrix', () => {
    for (const shape of [[], [3]]) {
      expect(errorCode(() => initialize(initializers.identity(), shape))).to.equal(
        'initializer-shape-invalid',
      );
      expect(errorCode(() => initialize(initializers.orthogonal(), shape))).to.equal(
        'initializer-shape-invalid',
      );
    }
    expect(errorCode(() => initialize(initializers.orthogonal(), [0, 3]))).to.equal(
      'initializer-shape-invalid',
    );
  });

  it('refuse random values of other dtypes than float32', () => {
    for (const init of [
      initializers.randomNormal(),
      initializers.randomUniform(),
      initializers.truncatedNormal(),
      initializers.uniformScaling(),
      initializers.varianceScaling(),
      initializers.orthogonal(),
    ]) {
      expect(errorCode(() => initialize(init, [2, 2], 'int32'))).to.equal('initializer-dtype-invalid');
    }
  });

  it('need a transform only where they are random', () => {
    expect(errorCode(() => initializers.randomNormal()([2], 'float32'))).to.equal('outside-transform');
    const value = initializers.constant(2)([2], 'float32');
    expect([...value.dataSync()]).to.deep.equal([2, 2]);
    value.dispose();
  });

  it('take a distribution in any case and a scale of 0', () => {
    const options = { distribution: 'Uniform' as 'uniform', scale: 0 };
    expect(initialize(initializers.varianceScaling(options), [2, 2]).map(Math.abs)).to.deep.equal([
      0, 0, 0, 0,
    ]);
  });

  it('make constants of any dtype, from arrays and tensors too', () => {
    expect(initialize(initializers.constant(1.5), [2], 'int32')).to.deep.equal([1, 1]);
    expect(initialize(initializers.constant(true), [2], 'bool')).to.deep.equal([1, 1]);
    expect(initialize(initializers.constant([1, 2]), [2, 2])).to.deep.equal([1, 2, 1, 2]);
    const rows = tensor([[1], [2]]);
    expect(initialize(initializers.constant(rows), [2, 2])).to.deep.equal([1, 1, 2, 2]);
    expect(initialize(initializers.constant(rows), [2, 1])).to.deep.equal([1, 2]);
    expect(rows.isDisposed).to.equal(false);
    rows.dispose();
  });

  it('make the identity of any dtype', () => {
    expect(initialize(initializers.identity({ gain: 3 }), [2, 3], 'int32')).to.deep.equal([3, 0, 0, 0, 3, 0]);
  });

  it('make shapes with zeros', () => {
    expect(initialize(initializers.varianceScaling(), [0, 3])).to.deep.equal([]);
    expect(initialize(initializers.constant(1), [3, 0])).to.deep.equal([]);
  });

  it('make orthogonal matrices along any axis', () => {
    const values = initialize(initializers.orthogonal({ axis: 0 }), [3, 2, 4]);
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        let dot = 0;
        for (let i = 0; i < 8; i++) dot += values[8 * a + i] * values[8 * b + i];
        expect(dot).to.be.closeTo(a === b ? 1 : 0, 1e-6);
      }
    }
  });

  it('take one key an array, and none where the values are given', () => {
    const draws = hk.transform(() => {
      const zero = initializers.constant(0)([1], 'float32');
      zero.dispose();
      return initializers.randomNormal()([1], 'float32');
    });
    const value = draws.apply({}, 42);
    const expected = hk.random.normal(hk.random.split(hk.random.key(42))[1], [1]);
    expect([...value.dataSync()]).to.deep.equal([...expected.dataSync()]);
    value.dispose();
    expected.dispose();
  });
});

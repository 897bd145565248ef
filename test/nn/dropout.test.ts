import { ones, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits } from '../support/compare.js';

describe('dropout', () => {
  it('keeps the mean and drops the share that it should', () => {
    tidy(() => {
      const y = hk.dropout(hk.random.key(42), 0.3, ones([1000, 1000])).dataSync() as Float32Array;
      const mean = y.reduce((a, b) => a + b, 0) / y.length;
      const zeros = y.reduce((count, value) => count + (value === 0 ? 1 : 0), 0) / y.length;
      expect(mean).to.be.closeTo(1, 0.01);
      expect(zeros).to.be.closeTo(0.3, 0.001);
    });
  });

  it('shares a draw along broadcast dimensions', () => {
    tidy(() => {
      const y = hk.dropout(hk.random.key(1), 0.5, ones([4, 8, 6]), { broadcastDims: [0, -1] });
      const rows = y.arraySync() as number[][][];
      for (const example of rows) expect(example).to.deep.equal(rows[0]);
      for (const row of rows[0]) expect(new Set(row).size).to.equal(1);
      expect(new Set(rows[0].map(([first]) => first)).size).to.equal(2);
    });
  });

  it('hands the input on at a rate of 0', () => {
    tidy(() => {
      const x = ones([3]);
      expect(hk.dropout(hk.random.key(1), 0, x)).to.equal(x);
    });
  });

  for (const rate of [-0.1, 1, 1.5, NaN]) {
    it(`refuses a rate of ${rate}`, () => {
      tidy(() => {
        expect(() => hk.dropout(hk.random.key(1), rate, ones([3])))
          .to.throw(hk.TankaError, String(rate))
          .with.property('code', 'layer-options');
      });
    });
  }
});

describe('Dropout', () => {
  const model = hk.transform((x: Tensor, isTraining: boolean) => new hk.Dropout(0.4).call(x, isTraining));

  it('draws from the next key in training', () => {
    const x = ones([6, 5]);
    const y = model.apply({}, hk.random.key(3), x, true);
    const [, key] = hk.random.split(hk.random.key(3));
    const expected = hk.dropout(key, 0.4, x);
    expectBits(y, expected.dataSync());
    hk.tree.dispose([x, y, expected]);
  });

  it('needs no key when not training', () => {
    const x = ones([6, 5]);
    const y = model.apply({}, null, x, false);
    expectBits(y, x.dataSync());
    expect(() => model.apply({}, null, x, true))
      .to.throw(hk.TankaError)
      .with.property('code', 'rng-missing');
    hk.tree.dispose([x, y]);
  });

  it('has no parameters', () => {
    const x = ones([2]);
    expect(model.init(1, x, true)).to.deep.equal({});
    x.dispose();
  });
});

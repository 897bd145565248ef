import { ones, range, reshape, stack, tensor, tidy, unstack, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';

const grid = (): Tensor => reshape(range(0, 48), [2, 4, 6, 1]);

describe('pools', () => {
  it('take the largest value and the mean of each window', () => {
    tidy(() => {
      const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
      expect([...hk.maxPool(x, 2, 1, 'VALID').dataSync()]).to.deep.equal([5, 6, 8, 9]);
      expect([...hk.avgPool(x, 2, 1, 'VALID').dataSync()]).to.deep.equal([3, 4, 6, 7]);
      expect([...hk.maxPool(x, 2, 2, 'SAME').dataSync()]).to.deep.equal([5, 6, 8, 9]);
      expect([...hk.avgPool(x, 2, 2, 'SAME').dataSync()]).to.deep.equal([3, 4.5, 7.5, 9]);
    });
  });

  it('mean over padded ones is one: padding does not count', () => {
    tidy(() => {
      const y = hk.avgPool(ones([2, 5, 5, 3]), [1, 3, 3, 1], [1, 2, 2, 1], 'SAME');
      expect([...new Set(y.dataSync())]).to.deep.equal([1]);
    });
  });

  it('read numbers, short windows and full ones alike', () => {
    tidy(() => {
      const full = hk.maxPool(grid(), [1, 2, 3, 1], [1, 2, 1, 1], 'SAME').arraySync();
      expect(hk.maxPool(grid(), [2, 3, 1], [2, 1, 1], 'SAME').arraySync()).to.deep.equal(full);
      expect(hk.maxPool(grid(), 2, 2, 'SAME').arraySync()).to.deep.equal(
        hk.maxPool(grid(), [1, 2, 2, 1], [1, 2, 2, 1], 'SAME').arraySync(),
      );
    });
  });

  it('give for one example what they give for it in a batch', () => {
    tidy(() => {
      const single = unstack(grid()).map((x) => hk.avgPool(x, [2, 2, 1], [1, 2, 1], 'SAME'));
      expect(stack(single).arraySync()).to.deep.equal(
        hk.avgPool(grid(), [2, 2, 1], [1, 2, 1], 'SAME').arraySync(),
      );
    });
  });

  it('leave out the channels wherever they are, or none', () => {
    tidy(() => {
      const x = ones([2, 6, 6, 6]);
      expect(hk.maxPool(x, 2, 2, 'VALID').shape).to.deep.equal([2, 3, 3, 6]);
      expect(hk.maxPool(x, 2, 2, 'VALID', 1).shape).to.deep.equal([2, 6, 3, 3]);
      expect(hk.maxPool(x, 2, 2, 'VALID', null).shape).to.deep.equal([2, 3, 3, 3]);
    });
  });

  it('keep integers exact under max, and divide them under mean', () => {
    tidy(() => {
      const x = tensor([1, 16777215, -7, -8], [1, 4, 1], 'int32');
      const largest = hk.maxPool(x, 2, 2, 'VALID');
      expect(largest.dtype).to.equal('int32');
      expect([...largest.dataSync()]).to.deep.equal([16777215, -7]);
      expect([...hk.avgPool(x, 2, 2, 'VALID').dataSync()]).to.deep.equal([8388608, -7.5]);
    });
  });

  it('give nothing where no window fits', () => {
    tidy(() => {
      expect(hk.maxPool(ones([1, 2, 5, 1]), 3, 1, 'VALID').shape).to.deep.equal([1, 0, 3, 1]);
    });
  });
});

import { tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectGoldenTree } from '../support/golden-trees.js';
import { goldenCases, goldenTensor, type ArrayReference } from '../support/goldens.js';
import { values } from '../support/tensors.js';
import { tolerances } from '../support/tolerances.js';
import { toCamelCase } from './descriptors/build.js';
import { arrayOf } from './descriptors/goldens.js';
import { backends, onBackend } from './drivers/run.js';

/** A call of a function of Haiku. */
interface FunctionalCase {
  readonly id: string;
  readonly fn: 'dropout' | 'multinomial' | 'one_hot' | 'pad';
  readonly value: ArrayReference;
  readonly seed: number;
  readonly rate: number;
  readonly broadcast_dims?: number[];
  readonly x: { $t: string };
  readonly logits: { $t: string };
  readonly num_samples: number;
  readonly x_values: number[][];
  readonly num_classes: number;
  readonly pad: string;
  readonly kernel: number;
  readonly n: number;
}

const { cases, arrays } = goldenCases<FunctionalCase & { rate: number }>('functional');

function input({ $t }: { $t: string }): Tensor {
  return goldenTensor(arrayOf(arrays, { $t, shape: [], dtype: 'float32' }));
}

const calls: Readonly<Record<FunctionalCase['fn'], (golden: FunctionalCase) => Tensor>> = {
  dropout: ({ seed, rate, x, broadcast_dims: broadcastDims }) =>
    hk.dropout(hk.random.key(seed), rate, input(x), broadcastDims && { broadcastDims }),
  multinomial: ({ seed, logits, num_samples }) =>
    hk.multinomial(hk.random.key(seed), input(logits), num_samples),
  one_hot: ({ x_values, num_classes }) => hk.oneHot(tensor(x_values, undefined, 'int32'), num_classes),
  pad: ({ pad, kernel, rate, n }) => {
    const padFn = hk.pad[toCamelCase(pad) as 'same'];
    return tensor(hk.pad.createFromPadfn(padFn, kernel, rate, n), undefined, 'int32');
  },
};

describe('functions of Haiku equal dm-haiku', () => {
  for (const backend of backends) {
    onBackend(backend, () => {
      for (const golden of cases) {
        it(golden.id, () => {
          const reference =
            golden.value.dtype === 'int64' ? { ...golden.value, dtype: 'int32' } : golden.value;
          tidy(() => {
            const tolerance = reference.dtype === 'int32' ? 0 : tolerances.output;
            expectGoldenTree(calls[golden.fn](golden), reference, arrays, tolerance, golden.id);
          });
        });
      }
    });
  }

  it('multinomial of one sample has a last axis too', () => {
    tidy(() => {
      const logits = tensor([
        [0, 30, 0],
        [30, 0, 0],
      ]);
      const sample = hk.multinomial(hk.random.key(3), logits, 1);
      expect(sample.shape).to.deep.equal([2, 1]);
      expect([...sample.dataSync()]).to.deep.equal([1, 0]);
    });
  });
});

describe('hk.dropout', () => {
  const drops = cases.filter(({ fn, rate }) => fn === 'dropout' && rate > 0);

  it('has recorded draws', () => {
    expect(drops.map(({ id }) => id)).to.include.members(['dropout/0.3', 'dropout/0.9', 'dropout/broadcast']);
  });

  for (const golden of drops) {
    it(`${golden.id} drops what Haiku drops`, () => {
      tidy(() => {
        const x = values(input(golden.x));
        const expected = goldenTensor(arrayOf(arrays, golden.value)).dataSync() as Float32Array;

        const zeros = (list: ArrayLike<number>): boolean[] => Array.from(list, (value) => value === 0);
        // A zero of the input would look like one that was dropped.
        expect(x).not.to.include(0);
        expect(zeros(values(calls.dropout(golden)))).to.deep.equal(zeros(expected));
        expect(zeros(expected)).to.include(true).and.to.include(false);
      });
    });
  }
});

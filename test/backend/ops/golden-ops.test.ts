import '@tensorflow/tfjs-backend-cpu';
import {
  cos,
  getBackend,
  grads,
  mul,
  range,
  reshape,
  setBackend,
  sum,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { convolution } from '../../../src/backend/ops/convolution.js';
import { averagePool, maxPool } from '../../../src/backend/ops/pool.js';
import { transposedConvolution, transposedPadding } from '../../../src/backend/ops/transposed-convolution.js';
import type { PaddingName, PaddingPair } from '../../../src/backend/ops/window.js';
import { expectClose } from '../../support/compare.js';
import { goldenCases, goldenTensor, goldenValues, type ArrayReference } from '../../support/goldens.js';
import { tolerances } from '../../support/tolerances.js';

interface OpCase {
  readonly id: string;
  readonly op: 'convolution' | 'transposed' | 'max' | 'avg';
  readonly strides: number[];
  readonly dilations?: number[];
  readonly padding: PaddingName | PaddingPair[];
  readonly groups?: number;
  readonly channel_axis?: number;
  readonly window?: number[];
  readonly inputs: ArrayReference[];
  readonly output: ArrayReference;
  readonly grads: ArrayReference[];
}

function run(golden: OpCase, inputs: Tensor[]): Tensor {
  const {
    strides,
    padding,
    dilations = [],
    groups = 1,
    channel_axis: channelAxis = -1,
    window = [],
  } = golden;
  const [x, w] = inputs;
  switch (golden.op) {
    case 'convolution':
      return convolution(x, w, { strides, dilations, padding, groups, channelAxis });
    case 'transposed': {
      const pairs =
        typeof padding === 'string'
          ? strides.map((stride, i) => transposedPadding(padding as 'SAME' | 'VALID', w.shape[i], stride))
          : padding;
      return transposedConvolution(x, w, { strides, padding: pairs, channelAxis });
    }
    case 'max':
      return maxPool(x, { window, strides, padding: padding as 'SAME' | 'VALID' });
    case 'avg':
      return averagePool(x, { window, strides, padding: padding as 'SAME' | 'VALID' });
  }
}

function probe(y: Tensor): Tensor {
  const weights = cos(mul(range(0, y.size, 1, 'float32'), 0.37));
  return sum(mul(y, reshape(weights, y.shape)));
}

const { cases, arrays } = goldenCases<OpCase>('ops');
const recorded = (reference: ArrayReference): Tensor => goldenTensor(arrays.get(reference.$t)!);
const values = (reference: ArrayReference) => goldenValues(arrays.get(reference.$t)!);

/** Those whose gradients are tested. */
const gradientBackends = ['wasm', 'cpu'];

for (const backend of ['wasm', 'cpu']) {
  describe(`operations on ${backend}, against jax.lax`, () => {
    let previous: string;
    before(async () => {
      previous = getBackend();
      await setBackend(backend);
    });
    after(() => setBackend(previous));

    for (const golden of cases) {
      it(golden.id, () => {
        tidy(() => {
          const y = run(golden, golden.inputs.map(recorded));
          expect(y.shape).to.deep.equal(golden.output.shape);
          expectClose(y, values(golden.output), tolerances.output, 'output');
        });
      });
      if (!gradientBackends.includes(backend)) continue;
      it(`${golden.id}: gradients`, () => {
        tidy(() => {
          const gradients = grads((...xs: Tensor[]) => probe(run(golden, xs)))(golden.inputs.map(recorded));
          gradients.forEach((gradient, i) => {
            expect(gradient.shape).to.deep.equal(golden.grads[i].shape);
            expectClose(gradient, values(golden.grads[i]), tolerances.gradient, `gradient ${i}`);
          });
        });
      });
    }
  });
}

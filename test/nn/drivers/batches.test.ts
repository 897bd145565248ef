import { concat, slice, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { expectClose } from '../../support/compare.js';
import { tolerances } from '../../support/tolerances.js';
import type { LayerDescriptor } from '../descriptors/descriptor.js';
import { casesOf, descriptors } from '../descriptors/index.js';
import { applyKey, modelOf } from './run.js';

function batchAxisOf({ batchAxis = 0 }: LayerDescriptor, id: string): number | null {
  return typeof batchAxis === 'function' ? batchAxis(id) : batchAxis;
}

/** One example of a batch, with a batch dimension of 1. */
function example(x: Tensor, axis: number, i: number): Tensor {
  const begin = x.shape.map((_, dim) => (dim === axis ? i : 0));
  const size = x.shape.map((length, dim) => (dim === axis ? 1 : length));
  return slice(x, begin, size);
}

describe('layers treat the examples of a batch alike and apart', () => {
  for (const descriptor of descriptors) {
    for (const layerCase of casesOf(descriptor)) {
      const axis = batchAxisOf(descriptor, layerCase.id);
      if (axis === null) continue;
      it(layerCase.id, () => {
        const model = modelOf(layerCase);
        const inputs = layerCase.inputs();
        const [params, state] = model.init(layerCase.seed ?? 42, ...inputs);
        const run = (xs: Tensor[]): Tensor[] => {
          const [output, next] = model.apply(params, state, applyKey(layerCase), ...xs);
          hk.tree.dispose(next);
          return hk.tree.leaves(output as hk.tree.Tree<Tensor>);
        };
        const whole = run(inputs);
        const batch = inputs[0].shape[axis];
        expect(batch, 'a batch of one shows nothing').to.be.greaterThan(1);
        const single = Array.from({ length: batch }, (_, i) => {
          const xs = inputs.map((x) => example(x, axis, i));
          const outputs = run(xs);
          hk.tree.dispose(xs);
          return outputs;
        });
        whole.forEach((expected, leaf) => {
          const together = concat(
            single.map((outputs) => outputs[leaf]),
            axis,
          );
          expect(together.shape).to.deep.equal(expected.shape);
          expectClose(together, expected.dataSync(), tolerances.output, `output ${leaf}`);
          together.dispose();
        });
        hk.tree.dispose([whole, single, params, state, inputs]);
      });
    }
  }
});

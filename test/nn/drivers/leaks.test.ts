import { memory, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { probe } from '../../support/gradients.js';
import { casesOf, descriptors } from '../descriptors/index.js';
import { applyKey, modelOf } from './run.js';

/** The parameters without the one at a place, which a layer then misses in the middle of its work. */
function without(params: hk.Params, place: number): hk.Params {
  const { path } = hk.tree.leavesWithPath(params)[place];
  const name = path[path.length - 1];
  const bundle = path.slice(0, -1).join('/');
  return {
    ...params,
    [bundle]: Object.fromEntries(Object.entries(params[bundle]).filter(([key]) => key !== name)),
  };
}

describe('layers free what they make', () => {
  for (const descriptor of descriptors) {
    for (const layerCase of casesOf(descriptor)) {
      it(`${layerCase.id}: init and apply keep exactly what they return`, () => {
        const model = modelOf(layerCase);
        const inputs = layerCase.inputs();
        const count = (tree: unknown): number => new Set(hk.tree.leaves(tree as hk.tree.Tree<Tensor>)).size;
        const start = memory().numTensors;
        const [params, state] = model.init(layerCase.seed ?? 42, ...inputs);
        expect(memory().numTensors - start, 'init').to.equal(count([params, state]));
        const before = memory().numTensors;
        const result = model.apply(params, state, applyKey(layerCase), ...inputs);
        expect(memory().numTensors - before, 'apply').to.equal(count(result));
        hk.tree.dispose([result, params, state]);
        // Disposing of the results must leave the inputs alive.
        for (const input of inputs) expect(input.isDisposed).to.equal(false);
        hk.tree.dispose(inputs);
      });

      it(`${layerCase.id}: nothing is left when a parameter is missing`, () => {
        const model = modelOf(layerCase);
        const inputs = layerCase.inputs();
        const [params, state] = model.init(layerCase.seed ?? 42, ...inputs);
        const count = hk.tree.leaves(params).length;
        const before = memory().numTensors;
        for (let place = 0; place < Math.min(count, 8); place++) {
          const broken = without(params, place);
          const run = () => model.apply(broken, state, applyKey(layerCase), ...inputs);
          expect(run).to.throw(hk.TankaError).with.property('code', 'parameter-missing');
          expect(memory().numTensors, `apply without parameter ${place}`).to.equal(before);
        }
        hk.tree.dispose([params, state, inputs]);
      });

      it(`${layerCase.id}: nothing is left when a gradient throws`, () => {
        const model = modelOf(layerCase);
        const inputs = layerCase.inputs();
        const [params, state] = model.init(layerCase.seed ?? 42, ...inputs);
        const before = memory().numTensors;
        const run = () =>
          hk.grad((p: hk.Params): Scalar => {
            probe(model.apply(p, state, applyKey(layerCase), ...inputs)[0]);
            throw new Error('after the layer');
          })(params);
        expect(run).to.throw('after the layer');
        expect(memory().numTensors).to.equal(before);
        hk.tree.dispose([params, state, inputs]);
      });
    }
  }
});

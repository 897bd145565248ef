import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { loadSafetensors, saveSafetensors } from '../../../src/checkpoint/index.js';
import * as hk from '../../../src/index.js';
import { expectBits } from '../../support/compare.js';
import { casesOf, descriptors } from '../descriptors/index.js';
import { applyKey, modelOf } from './run.js';

function bits(tree: unknown): Uint8Array[] {
  return hk.tree.leaves(tree as hk.tree.Tree<Tensor>).map((leaf) => {
    const { buffer, byteOffset, byteLength } = leaf.dataSync() as Float32Array;
    return new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength));
  });
}

describe('layers give the same after their parameters and state were saved and loaded', () => {
  for (const descriptor of descriptors) {
    for (const layerCase of casesOf(descriptor)) {
      it(layerCase.id, () => {
        const model = modelOf(layerCase);
        const inputs = layerCase.inputs();
        const [params, state] = model.init(layerCase.seed ?? 42, ...inputs);
        const loaded = [params, state].map((tree) => loadSafetensors(saveSafetensors(tree)));
        const expected = model.apply(params, state, applyKey(layerCase), ...inputs);
        const actual = model.apply(loaded[0], loaded[1], applyKey(layerCase), ...inputs);
        const wanted = bits(expected);
        bits(actual).forEach((values, i) => {
          expectBits(values, wanted[i], `result ${i}`);
        });
        expect(hk.tree.leaves(actual as hk.tree.Tree<Tensor>)).to.have.lengthOf(wanted.length);
        hk.tree.dispose([expected, actual, loaded, params, state, inputs]);
      });
    }
  }
});

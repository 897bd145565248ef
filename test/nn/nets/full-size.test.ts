import { zeros, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { buildModule, callModule } from '../descriptors/build.js';
import { shapesGoldens } from '../descriptors/goldens.js';

type Shapes = Record<string, Record<string, number[]>>;

function shapesOf(bundles: Record<string, Record<string, { readonly shape: readonly number[] }>>): Shapes {
  return Object.fromEntries(
    Object.entries(bundles).map(([bundle, entries]) => [
      bundle,
      Object.fromEntries(Object.entries(entries).map(([name, { shape }]) => [name, [...shape]])),
    ]),
  );
}

describe('networks of full size have the names and shapes of dm-haiku', () => {
  for (const { id, module, args, param_shapes, state_shapes } of shapesGoldens) {
    it(id, () => {
      // Zeros for random weights, and small images: neither changes names or shapes.
      const model = hk.transformWithState((x: Tensor) =>
        hk.customCreator(
          (_next, shape, dtype) => zeros([...shape], dtype),
          () => callModule(hk, buildModule(hk, module, args), [x], { is_training: true }),
        ),
      );
      const x = zeros([1, 32, 32, 3]);
      const [params, state] = model.init(42, x);
      expect(shapesOf(params)).to.deep.equal(param_shapes);
      expect(shapesOf(state)).to.deep.equal(state_shapes);
      hk.tree.dispose([x, params, state]);
    });
  }
});

import { add, dispose, mul, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { gradientsOf, probe } from '../../support/gradients.js';
import { casesOf, descriptors } from '../descriptors/index.js';
import { applyKey, gradientBackends, modelOf, onBackend } from './run.js';

/** Step of the central differences: float32 loses to rounding below it, to curvature above it. */
const STEP = 4e-3;

/** Share of `|gradient| · |direction|` by which both may differ. */
const TOLERANCE = 5e-3;

/** A direction of ones and minus ones, in no pattern that a layer could share. */
function direction(like: Tensor, salt: number): Tensor {
  const signs = Float32Array.from({ length: like.size }, (_, i) =>
    Math.sin(12.9898 * (i + 1) + 78.233 * (salt + 1)) > 0 ? 1 : -1,
  );
  return tensor(signs, like.shape);
}

function norm(x: Tensor): number {
  return Math.hypot(...(x.dataSync() as Float32Array));
}

function inner(a: Tensor, b: Tensor): number {
  const x = a.dataSync() as Float32Array;
  const y = b.dataSync() as Float32Array;
  return x.reduce((total, value, i) => total + value * y[i], 0);
}

describe('gradients of layers equal finite differences', () => {
  for (const backend of gradientBackends) {
    onBackend(backend, () => {
      for (const descriptor of descriptors) {
        for (const layerCase of casesOf(descriptor)) {
          if (layerCase.differentiable === false || descriptor.notDifferentiable?.test(layerCase.id))
            continue;
          it(layerCase.id, () => {
            const model = modelOf(layerCase);
            const inputs = layerCase.inputs();
            const [params, state] = model.init(layerCase.seed ?? 42, ...inputs);
            const f = (p: hk.Params, xs: Tensor[]) =>
              probe(model.apply(p, state, applyKey(layerCase), ...xs)[0]);
            const found = gradientsOf(f, params, inputs);

            // One leaf at a time, so that an error in a small one does not drown.
            const paramLeaves = hk.tree.leavesWithPath(params);
            const places = [
              ...paramLeaves.map(({ path: [...path], leaf }, salt) => ({
                what: path.join('/'),
                leaf,
                gradient: hk.tree.leaves(found.params as hk.tree.Tree<Tensor>)[salt],
                withLeaf: (moved: Tensor) =>
                  f(
                    hk.tree.map((x: Tensor) => (x === leaf ? moved : x), params),
                    inputs,
                  ),
              })),
              ...inputs.flatMap((leaf, i) => {
                const gradient = found.inputs[i];
                if (gradient === null) return [];
                const withLeaf = (moved: Tensor) => f(params, inputs.with(i, moved));
                return [{ what: `input ${i}`, leaf, gradient, withLeaf }];
              }),
            ];
            places.forEach(({ what, leaf, gradient, withLeaf }, salt) => {
              const along = direction(leaf, salt);
              const at = (step: number): number =>
                tidy(() => withLeaf(add(leaf, mul(along, step))).dataSync()[0]);
              const difference = (at(STEP) - at(-STEP)) / (2 * STEP);
              const allowed = TOLERANCE * Math.max(norm(gradient) * norm(along), Math.abs(at(0)), 0.1);
              expect(inner(gradient, along), what).to.be.closeTo(difference, allowed);
              along.dispose();
            });
            dispose(found.value);
            hk.tree.dispose([found.params, found.inputs, params, state, inputs]);
          });
        }
      }
    });
  }
});

import {
  add,
  greater,
  max,
  minimum,
  mul,
  reshape,
  rsqrt,
  square,
  where,
  zeros,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { map } from '../tree/tree.js';
import { chain } from './chain.js';
import { mapUpdates } from './map-updates.js';
import { updateMoment, zerosTree } from './moments.js';
import { scale } from './scale.js';
import {
  checkArgument,
  transformation,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** Of each parameter, an array with one vector for each of its axes; the moving average of updates. */
export type ScaleBySM3State = { readonly mu: Updates; readonly nu: Updates };

/** Options of {@link scaleBySm3}. */
export interface ScaleBySm3Options {
  /** Decay of the average of updates. Default 0.9. */
  readonly b1?: number;
  /** Decay of the sums of squares. Default 1: none. */
  readonly b2?: number;
  /** Added below the root. Default 1e-8. */
  readonly eps?: number;
}

function vectorsOf(tree: Updates, f: (leaf: Tensor) => Tensor[]): Updates {
  return map(f, tree as Tensor) as unknown as Updates;
}

const axesOf = (x: Tensor): number[] => [...x.shape.keys()];

/** Adagrad's scaling from the largest sums of squares along each axis, which need little memory (Anil et al., 2019). */
export function scaleBySm3(options: ScaleBySm3Options = {}): GradientTransformation<ScaleBySM3State> {
  const { b1 = 0.9, b2 = 1, eps = 1e-8 } = options;
  const weight = b2 === 1 ? 1 : 1 - b2;
  return transformation<ScaleBySM3State>(
    (params) => ({
      // A scalar counts as a vector of one.
      mu: vectorsOf(params, (p) => (p.rank === 0 ? [zeros([1])] : p.shape.map((size) => zeros([size])))),
      nu: zerosTree(params),
    }),
    (updates, state) => {
      const smallest = (g: Tensor, vectors: readonly Tensor[]): Tensor =>
        vectors
          .map((v, axis) =>
            reshape(
              v,
              g.shape.map((size, i) => (i === axis ? size : 1)),
            ),
          )
          .reduce((a, b) => minimum(a, b));
      const sums = mapUpdates(
        // Where the updates have a leaf, the state has an array of vectors.
        (g, vectors) => add(mul(square(g), weight), mul(smallest(g, vectors as unknown as Tensor[]), b2)),
        updates,
        state.mu,
      );
      const scaled = mapUpdates(
        (g, s) => mul(g, where(greater(s, 0), rsqrt(add(s, eps)), zerosLike(s))),
        updates,
        sums,
      );
      const nu = mapUpdates((u, average) => updateMoment(u, average, b1), scaled, state.nu);
      const mu = vectorsOf(sums, (s) =>
        s.rank < 2
          ? [reshape(s, [-1])]
          : axesOf(s).map((axis) =>
              max(
                s,
                axesOf(s).filter((i) => i !== axis),
              ),
            ),
      );
      return [nu, { mu, nu }];
    },
  );
}

/** SM3 (Anil et al., 2019). */
export function sm3(learningRate: number, { momentum = 0.9 }: { readonly momentum?: number } = {}) {
  checkArgument(typeof learningRate === 'number', 'The learning rate', 'a number', learningRate);
  return chain(scaleBySm3({ b1: momentum }), scale(-learningRate));
}

import {
  cos,
  engine,
  mul,
  range,
  reshape,
  scalar,
  sum,
  tidy,
  zerosLike,
  add,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { tree, type Params } from '../../src/index.js';

/**
 * The number whose gradients the goldens hold: the sum over all float leaves of `leaf · cos(0.37 i)`, `i` the flat index.
 */
export function probe(output: unknown): Scalar {
  return tidy(() => {
    const terms = tree
      .leaves(output as tree.Tree<Tensor>)
      .filter((leaf) => leaf.dtype === 'float32')
      .map((leaf) => {
        const weights = cos(mul(range(0, leaf.size), scalar(0.37)));
        return sum<Scalar>(mul(leaf, reshape(weights, leaf.shape)));
      });
    return terms.reduce((a, b) => add<Scalar>(a, b), scalar(0));
  });
}

/** Gradients with respect to parameters and inputs; `null` for inputs that have none because they are not float32. */
export interface Gradients {
  readonly value: Scalar;
  readonly params: Params;
  readonly inputs: (Tensor | null)[];
}

function tidied<T>(f: () => T): T {
  return tidy(() => f() as T & Tensor);
}

/**
 * Value and gradients of a scalar function of parameters and inputs, with zeros where nothing flows; the caller owns them.
 * Asks TensorFlow.js directly, so that layers are tested without the library's own `grad`.
 */
export function gradientsOf(
  f: (params: Params, inputs: Tensor[]) => Scalar,
  params: Params,
  inputs: readonly Tensor[],
): Gradients {
  return tidied(() => {
    const [leaves, structure] = tree.flatten(params);
    const floats = inputs.filter((x) => x.dtype === 'float32');
    // The same tensor at two places would share one gradient.
    const xs = [...leaves, ...floats];
    const { value, grads } = engine().gradients(() => f(params, [...inputs]), xs, undefined, true);
    const all = xs.map((x, i) => (grads[i] as Tensor | null) ?? zerosLike(x));
    const byInput = new Map(floats.map((x, i) => [x, all[leaves.length + i]]));
    return {
      value: value,
      params: tree.unflatten(structure, all.slice(0, leaves.length)) as Params,
      inputs: inputs.map((x) => byInput.get(x) ?? null),
    };
  });
}

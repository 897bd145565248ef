import { gather, reshape, Tensor, tensor, tidy, type TensorLike } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { abstractTensor } from '../backend/shapes/abstract.js';
import { drawUniform } from './draw.js';
import { log } from './float32.js';
import { drawGumbel } from './gumbel.js';
import type { PRNGKey } from './key.js';
import { asTensor } from './parameters.js';
import { checkShape, perform, refuseArgument, sizeOf, type WithScheme } from './perform.js';
import { checkAxis, checkCount, drawPermutation } from './permutation.js';
import { drawIntegers } from './randint.js';
import type { Scheme } from './schemes.js';

/** Options of {@link choice}. */
export interface ChoiceOptions {
  /** Whether a thing may be chosen again. Default `true`. */
  readonly replace?: boolean;
  /** Probability of each thing, `[n]` float32. Default: all the same. */
  readonly p?: Tensor | TensorLike | null;
  /** The axis of a tensor along which slices are chosen. Default 0. */
  readonly axis?: number;
}

/** How many values XLA adds up in a row before it adds the sum of all before them. */
const RUN = 16;

/** Running sums in the order in which XLA adds up: within runs, whose totals are added up alike. */
function cumulativeSum(values: Float32Array): Float32Array {
  const sums = values.slice();
  for (let i = 1; i < sums.length; i++) if (i % RUN !== 0) sums[i] += sums[i - 1];
  if (sums.length <= RUN) return sums;
  const runs = Math.floor((sums.length - 1) / RUN);
  const before = cumulativeSum(Float32Array.from({ length: runs }, (_, run) => sums[(run + 1) * RUN - 1]));
  for (let i = RUN; i < sums.length; i++) sums[i] += before[Math.floor(i / RUN) - 1];
  return sums;
}

/** The first place in ascending `sums` whose value is at least `x`. */
function firstAtLeast(sums: Float32Array, x: number): number {
  let low = 0;
  let high = sums.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** With replacement: inverts the cumulative distribution. */
function drawWeighted(key: PRNGKey, count: number, scheme: Scheme, p: Float32Array): Int32Array {
  const sums = cumulativeSum(p);
  const total = sums[sums.length - 1];
  const u = drawUniform(key, count, scheme);
  const indices = new Int32Array(count);
  for (let i = 0; i < count; i++) indices[i] = firstAtLeast(sums, Math.fround(total * Math.fround(1 - u[i])));
  return indices;
}

/** Without replacement: the largest of log probabilities with Gumbel noise (Kool et al. 2019), largest first. */
function drawWeightedWithoutReplacement(
  key: PRNGKey,
  count: number,
  scheme: Scheme,
  p: Float32Array,
): Int32Array {
  const scores = drawGumbel(key, p.length, scheme);
  for (let i = 0; i < p.length; i++) scores[i] += log(p[i]);
  return Int32Array.from(scores.keys())
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, count);
}

interface Attributes extends WithScheme {
  readonly n: number;
  readonly shape: number[];
  readonly axis: number;
  readonly replace: boolean;
  readonly weighted: boolean;
  /** Whether slices of a tensor are chosen, not numbers. */
  readonly sliced: boolean;
}

const operation: RandomOperation<Attributes, Tensor> = {
  name: 'choice',
  abstract: ({ tensors: [from], attributes: { shape, axis, sliced } }) =>
    sliced
      ? abstractTensor([...from.shape.slice(0, axis), ...shape, ...from.shape.slice(axis + 1)], from.dtype)
      : abstractTensor(shape, 'int32'),
  run: ({ keys: [key], tensors, attributes: { n, shape, axis, replace, weighted, sliced, scheme } }) =>
    tidy(() => {
      const count = sizeOf(shape);
      let indices: Int32Array;
      if (weighted) {
        const p = tensors[tensors.length - 1].dataSync() as Float32Array;
        indices = (replace ? drawWeighted : drawWeightedWithoutReplacement)(key, count, scheme, p);
      } else if (replace) {
        indices = drawIntegers(key, count, scheme, 0, n);
      } else {
        indices = drawPermutation(key, n, scheme).slice(0, count);
      }
      if (!sliced) return tensor(indices, shape, 'int32');
      const from = tensors[0];
      const chosen = gather(from, tensor(indices, [count], 'int32'), axis);
      return reshape(chosen, [...from.shape.slice(0, axis), ...shape, ...from.shape.slice(axis + 1)]);
    }),
};

/**
 * Numbers from 0 to `n − 1` (int32), or slices of a tensor, chosen at random, as `jax.random.choice`.
 *
 * @param shape how many, in the shape in which they stand in the result: in place of `axis` for a tensor, also where none is asked for (JAX then
 * forgets the tensor's other axes)
 * @throws `key-invalid`; `random-shape-invalid`; `random-argument-invalid` for nothing to choose from, more things than there are
 * without replacement, or a `p` of another shape
 */
export function choice(
  key: PRNGKey,
  nOrTensor: number | Tensor,
  shape: readonly number[] = [],
  options: ChoiceOptions = {},
): Tensor {
  const { replace = true, p = null } = options;
  const from = nOrTensor instanceof Tensor && nOrTensor.rank > 0 ? nOrTensor : null;
  const axis = checkAxis('choice', options.axis ?? 0, from?.rank ?? 1);
  const n = from === null ? checkCount('choice', nOrTensor) : from.shape[axis];
  const result = checkShape('choice', shape);
  const count = sizeOf(result);
  if (n === 0 && count > 0) refuseArgument('choice', 'there is nothing to choose from.');
  if (!replace && count > n) {
    refuseArgument('choice', `cannot choose ${count} of ${n} things without replacement.`);
  }
  return tidy(() => {
    const tensors = from === null ? [] : [from];
    if (p !== null) {
      const given = asTensor(p);
      if (given.rank !== 1 || given.shape[0] !== n) {
        refuseArgument('choice', `p must have the shape [${n}], but has [${String(given.shape)}].`);
      }
      tensors.push(given);
    }
    const attributes = { n, shape: result, axis, replace, weighted: p !== null, sliced: from !== null };
    return perform(operation, key, attributes, tensors);
  });
}

import { broadcastTo, tidy, type Tensor, type TensorLike } from '@tensorflow/tfjs-core';
import { drawGumbel } from './gumbel.js';
import type { PRNGKey } from './key.js';
import { askedShape, asTensor, sampleShape } from './parameters.js';
import { checkAxis } from './permutation.js';
import { perform, refuseArgument, sampler, sizeOf, type SampleAttributes } from './perform.js';

/** Options of {@link categorical}. */
export interface CategoricalOptions {
  /** The axis of the categories. Default −1. */
  readonly axis?: number;
  /** Shape of the result; must end in a shape that the logits' other axes broadcast to. Default: those axes. */
  readonly shape?: readonly number[] | null;
}

interface Attributes extends SampleAttributes {
  /** Of the categories, from the end. */
  readonly axis: number;
}

const operation = /* @__PURE__ */ sampler<Attributes>(
  'categorical',
  'int32',
  (key, count, scheme, { shape, axis }, [logits]) => {
    const prefix = shape.slice(0, shape.length - (logits.rank - 1));
    const inner = shape.slice(prefix.length);
    const at = logits.rank + axis;
    const categories = logits.shape[at];
    inner.splice(at, 0, categories);
    const values = tidy(() => broadcastTo(logits, inner).dataSync());
    const noise = drawGumbel(key, sizeOf(prefix) * sizeOf(inner), scheme);
    const step = sizeOf(inner.slice(at + 1));
    const samples = new Int32Array(count);
    for (let i = 0; i < samples.length; i++) {
      const start = Math.floor(i / step) * step * categories + (i % step);
      let largest = -Infinity;
      for (let c = 0; c < categories; c++) {
        const score = Math.fround(noise[start + c * step] + values[(start + c * step) % values.length]);
        if (score > largest) {
          largest = score;
          samples[i] = c;
        } else if (Number.isNaN(score)) {
          samples[i] = c;
          break;
        }
      }
    }
    return samples;
  },
);

/**
 * Int32 indices of categories with probabilities `softmax(logits)` along an axis, as `jax.random.categorical` (the Gumbel-max trick).
 *
 * @param logits `[..., categories]`, unnormalized log probabilities
 * @throws `key-invalid`; `random-shape-invalid`; `random-argument-invalid`
 */
export function categorical(
  key: PRNGKey,
  logits: Tensor | TensorLike,
  options: CategoricalOptions = {},
): Tensor {
  return tidy(() => {
    const floats = asTensor(logits);
    const axis = checkAxis('categorical', options.axis ?? -1, floats.rank);
    if (floats.shape[axis] === 0) refuseArgument('categorical', 'there must be at least one category.');
    const batch = floats.shape.filter((_, i) => i !== axis);
    const shape = sampleShape('categorical', askedShape('categorical', options.shape), [batch]);
    return perform(operation, key, { shape, axis: axis - floats.rank }, [floats]);
  });
}

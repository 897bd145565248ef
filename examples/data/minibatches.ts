import { tensor1d, tensor4d, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import type { Digits } from './mnist.js';

const SIZE = 28;
const PIXELS = SIZE * SIZE;

/** Images with values in [0, 1] and their digits. */
export interface Batch {
  /** `[batch, 28, 28, 1]` */
  readonly images: Tensor4D;
  /** int32 `[batch]` */
  readonly labels: Tensor1D;
}

/** The digits at these places. */
function gather({ images, labels }: Digits, places: Int32Array): Batch {
  const chosen = new Float32Array(places.length * PIXELS);
  places.forEach((from, to) => chosen.set(images.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS));
  return {
    images: tensor4d(chosen, [places.length, SIZE, SIZE, 1]),
    labels: tensor1d(
      places.map((place) => labels[place]),
      'int32',
    ),
  };
}

/**
 * Batches without end, each epoch in the order `jax.random.permutation(fold_in(key, epoch), count)`.
 * A batch lives until the next one is asked for.
 */
export function* minibatches(digits: Digits, batchSize: number, key: hk.PRNGKey): Generator<Batch, never> {
  for (let epoch = 0; ; epoch++) {
    const permutation = hk.random.permutation(hk.random.foldIn(key, epoch), digits.count);
    const order = permutation.dataSync<'int32'>();
    permutation.dispose();
    for (let at = 0; at + batchSize <= digits.count; at += batchSize) {
      const batch = gather(digits, order.subarray(at, at + batchSize));
      try {
        yield batch;
      } finally {
        hk.tree.dispose(batch);
      }
    }
  }
}

/** All digits in their order, in batches; each lives until the next one is asked for. */
export function* inOrder(digits: Digits, batchSize: number): Generator<Batch> {
  for (let at = 0; at < digits.count; at += batchSize) {
    const places = Array.from({ length: Math.min(batchSize, digits.count - at) }, (_, i) => at + i);
    const batch = gather(digits, Int32Array.from(places));
    try {
      yield batch;
    } finally {
      hk.tree.dispose(batch);
    }
  }
}

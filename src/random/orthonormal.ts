import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';
import { abstractTensor } from '../backend/shapes/abstract.js';
import type { PRNGKey } from './key.js';
import { drawNormal } from './normal.js';
import { perform, type WithScheme } from './perform.js';

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Makes the vectors orthonormal one after the other: as columns, the factor Q of the QR decomposition whose R has a positive diagonal.
 * Gram-Schmidt in float64; the second pass removes what rounding left in the first.
 */
function orthonormalize(vectors: readonly Float64Array[]): void {
  for (const [j, vector] of vectors.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const earlier = vectors[k];
        const overlap = dot(earlier, vector);
        for (let i = 0; i < vector.length; i++) vector[i] -= overlap * earlier[i];
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < vector.length; i++) vector[i] /= length;
  }
}

const operation: RandomOperation<{ readonly rows: number; readonly columns: number } & WithScheme, Tensor> = {
  name: 'orthonormal',
  abstract: ({ attributes: { rows, columns } }) => abstractTensor([rows, columns], 'float32'),
  run({ keys: [key], attributes: { rows, columns, scheme } }) {
    const long = Math.max(rows, columns);
    const short = Math.min(rows, columns);
    const samples = drawNormal(key, long * short, scheme);
    const vectors = Array.from({ length: short }, (_, j) =>
      Float64Array.from({ length: long }, (_, i) => samples[i * short + j]),
    );
    orthonormalize(vectors);
    const values = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        values[r * columns + c] = rows < columns ? vectors[r][c] : vectors[c][r];
      }
    }
    return tensor(values, [rows, columns], 'float32');
  },
};

/**
 * A uniformly random float32 matrix `[rows, columns]` whose rows or columns, whichever are fewer, are orthonormal.
 * The QR decomposition of a normal matrix (Mezzadri 2007), which JAX takes from LAPACK in float32: equal to 1e-6.
 */
export function orthonormal(key: PRNGKey, rows: number, columns: number): Tensor {
  return perform(operation, key, { rows, columns });
}

import { Tensor } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { disposed } from '../errors/disposed.js';
import { TankaError } from '../errors/tanka-error.js';

/** What errors call a layer by: a module, or a function such as `hk.dropout`. */
export type LayerName = { readonly moduleName: string } | string;

/** How an error names a layer: `The layer 'encoder/linear'`. */
export function nameOf(layer: LayerName): string {
  return typeof layer === 'string' ? layer : `The layer '${layer.moduleName}'`;
}

/** How an error shows an input: `float32 [4, 7]`. */
export function show(x: Tensor): string {
  return `${x.dtype} [${x.shape.join(', ')}]`;
}

/** @throws `input-not-tensor`; `tensor-disposed` */
export function checkTensor(layer: LayerName, x: unknown, what = 'its input'): asserts x is Tensor {
  if (x instanceof Tensor) {
    if (x.isDisposed) throw disposed(`${nameOf(layer)} got a tensor ${show(x as Tensor)} as ${what} that`);
    return;
  }
  throw new TankaError(
    'input-not-tensor',
    `${nameOf(layer)} needs a tensor as ${what}, but got ${whatIs(x)}. Make one, for example with tf.tensor(...).`,
  );
}

/** The ranks that a layer takes, ends included. */
export interface RankRange {
  readonly min?: number;
  readonly max?: number;
}

/**
 * @param expected what the shape should be, for the message: `'[..., inputSize]'`
 * @throws `input-not-tensor`; `input-rank`
 */
export function checkRank(
  layer: LayerName,
  x: Tensor,
  { min = 0, max = Infinity }: RankRange,
  expected: string,
): void {
  checkTensor(layer, x);
  if (x.rank >= min && x.rank <= max) return;
  throw new TankaError(
    'input-rank',
    `${nameOf(layer)} takes an input of shape ${expected}, but got ${show(x)} of rank ${x.rank}. Reshape the input.`,
  );
}

/** @throws `input-not-tensor`; `input-dtype` */
export function checkDtype(
  layer: LayerName,
  x: Tensor | undefined,
  dtype: 'float32' | 'int32' | 'bool',
  what = 'its input',
): asserts x is Tensor {
  checkTensor(layer, x, what);
  if (x.dtype === dtype) return;
  throw new TankaError(
    'input-dtype',
    `${nameOf(layer)} needs ${dtype} values as ${what}, but got ${show(x)}. Convert it: tf.cast(x, '${dtype}').`,
  );
}

/** @throws `input-not-tensor`; `input-shape` unless `x` broadcasts to the shape */
export function checkBroadcasts(layer: LayerName, x: Tensor, shape: readonly number[], what: string): void {
  checkTensor(layer, x, what);
  const offset = shape.length - x.rank;
  if (offset >= 0 && x.shape.every((size, i) => size === 1 || size === shape[offset + i])) return;
  throw wrongShape(layer, x, `a shape that broadcasts to [${shape.join(', ')}]`, what);
}

/** A refusal of an input whose sizes do not fit, with what fits. */
export function wrongShape(layer: LayerName, x: Tensor, expected: string, what = 'its input'): TankaError {
  return new TankaError('input-shape', `${nameOf(layer)} takes ${expected} as ${what}, but got ${show(x)}.`);
}

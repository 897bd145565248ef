import { cast, getBackend, where, type Tensor } from '@tensorflow/tfjs-core';
import { isRecording } from '../backend/recording.js';
import { map } from '../tree/tree.js';

/** TensorFlow.js selects numbers; truth values take the way by integers. */
function select(predicate: Tensor, a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== 'bool') return where(predicate, a, b);
  return cast(where(predicate, cast(a, 'int32'), cast(b, 'int32')), 'bool');
}

/**
 * The result of one of two functions that return trees of one nesting and of the same shapes.
 *
 * Where values are near, the predicate is read and the other function does not run. While `hk.jit` records, and on backends far from
 * JavaScript, both run and a tensor operation selects.
 *
 * @param predicate a bool scalar
 */
export function choose<R>(predicate: Tensor, onTrue: () => R, onFalse: () => R): R {
  const isNear = getBackend() === 'wasm' || getBackend() === 'cpu';
  if (isNear && !isRecording()) return predicate.dataSync()[0] === 0 ? onFalse() : onTrue();
  return map((a: Tensor, b: Tensor) => select(predicate, a, b), onTrue(), onFalse()) as R;
}

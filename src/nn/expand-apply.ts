import { expandDims, squeeze, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { tidyInCurrentFrame } from '../transform/ownership.js';
import { mapTensors } from '../tree/tree.js';
import { checkFunction, checkOptions } from './option-checks.js';
import { applyLayer, type Layer } from './sequential.js';

/** Options of {@link expandApply}. */
export interface ExpandApplyOptions {
  /** Where the dimension of size 1 goes: `0` or `-1`. Default `0`. */
  readonly axis?: 0 | -1;
}

/**
 * A function that runs `f` on inputs with a dimension of size 1 added, and takes it off the outputs: a function for
 * `[time, batch, ...]` runs on one time step.
 *
 * @throws `call-options` for another axis than 0 and -1
 */
export function expandApply<Args extends readonly unknown[] = Tensor[], Output = Tensor>(
  f: Layer,
  options: ExpandApplyOptions = {},
): (...args: Args) => NoInfer<Output> {
  const { axis = 0 } = checkOptions('hk.expandApply', options);
  checkFunction('hk.expandApply', 'what it applies', f, { orCall: true });
  if (axis !== 0 && axis !== -1) {
    throw new TankaError(
      'call-options',
      `hk.expandApply adds a dimension at axis 0 or -1, but got axis: ${String(axis)}.`,
    );
  }
  return (...args) =>
    tidyInCurrentFrame(() => {
      const expanded = args.map((arg) => mapTensors((x) => expandDims(x, axis), arg));
      const outputs = applyLayer(f, expanded);
      return mapTensors((y) => squeeze(y, [axis < 0 ? y.rank + axis : axis]), outputs) as NoInfer<Output>;
    });
}

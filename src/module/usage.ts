import { gradientDepth } from '../backend/engine.js';
import { settings } from '../config/settings.js';
import { TankaError } from '../errors/tanka-error.js';
import type { Frame } from './frame.js';

/**
 * Refuses, where the setting `checkJaxUsage` asks for it, the use of parameters, state or keys from within a
 * `tf.grad` or the like: what changes in there would be lost or freed.
 *
 * @throws `usage-unsafe`
 */
export function checkUsage(frame: Frame, caller: string): void {
  if (!settings().checkJaxUsage || gradientDepth() === frame.gradientDepth) return;
  throw new TankaError(
    'usage-unsafe',
    `hk.${caller} was called inside a gradient of TensorFlow.js that began within the transformed function. ` +
      'Use hk.grad or hk.valueAndGrad, which carry parameters, state and keys through.',
  );
}

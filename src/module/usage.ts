import { gradientDepth } from '../backend/engine.js';
import * as config from '../config/settings.js';
import { TankaError } from '../errors/tanka-error.js';
import type { Frame } from './frame.js';

let refuse: ((frame: Frame, caller: string) => void) | null = null;

function refuseUsage(frame: Frame, caller: string): void {
  if (!config.settings().checkJaxUsage || gradientDepth() === frame.gradientDepth) return;
  throw new TankaError(
    'usage-unsafe',
    `hk.${caller} was called inside a gradient of TensorFlow.js. ` +
      'Use hk.grad or hk.valueAndGrad, which carry state and keys.',
  );
}

/**
 * Refuses, where the setting `checkJaxUsage` asks for it, the use of parameters, state or keys from within a
 * `tf.grad` or the like: what changes in there would be lost or freed.
 *
 * @throws `usage-unsafe`
 */
export function checkUsage(frame: Frame, caller: string): void {
  refuse?.(frame, caller);
}

/** Lets settings ask for {@link checkUsage}: who changes none does not load it. */
export function allowUsageCheck(): void {
  refuse = refuseUsage;
}

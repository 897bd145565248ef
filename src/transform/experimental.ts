import { settings, type Settings } from '../config/settings.js';
import { set } from '../module/configuration.js';
import { currentFrame } from '../module/frame.js';
import { PRNGSequence } from '../random/prng-sequence.js';
import type { PRNGKey } from '../random/key.js';
import { runAbstractly } from './eval-shape.js';
import { withSequence } from './internal-state.js';
import type { AnyFunction } from './pair.js';

export { evalShape as fastEvalShape } from './eval-shape.js';

function replaced<K extends keyof Settings>(name: K, value: Settings[K]): Settings[K] {
  const before = settings()[name];
  set({ [name]: value });
  return before;
}

/** Sets whether the use of parameters, state and keys inside gradients of TensorFlow.js is refused; returns what was set before. */
export function checkJaxUsage(enabled = true): boolean {
  return replaced('checkJaxUsage', enabled);
}

/** Sets whether modules remember their arguments for `String(module)`; returns what was set before. */
export function moduleAutoRepr(enabled: boolean): boolean {
  return replaced('moduleAutoRepr', enabled);
}

/** Sets how many keys are split off at a time; returns what was set before. @throws `setting-invalid` */
export function rngReserveSize(size: number): number {
  return replaced('rngReserveSize', size);
}

class CountingSequence extends PRNGSequence {
  count = 0;

  override nextKey(): PRNGKey {
    this.count++;
    return super.nextKey();
  }
}

/**
 * A function like `f` whose keys are all split off in one go: `f` runs once for shapes alone to count them. From the second key
 * on they are others than without it. Keys drawn in a loop count once for each step; Haiku counts how often the loop is traced, so behind loops that
 * draw keys the two differ.
 */
export function optimizeRngUse<F extends AnyFunction>(f: F): F {
  const optimized = (...args: never[]): unknown => {
    const frame = currentFrame('experimental.optimizeRngUse');
    const sequence = frame.rngs[frame.rngs.length - 1];
    if (sequence !== null) {
      const counting = new CountingSequence(sequence.internalState);
      withSequence(frame, counting, () =>
        runAbstractly(
          () => f(...args),
          () => undefined,
          { initialize: true },
        ),
      );
      sequence.reserve(counting.count);
    }
    return f(...args);
  };
  return optimized as F;
}

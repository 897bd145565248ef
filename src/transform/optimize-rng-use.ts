import { countRngKeys, reserveRngKeys } from '../module/rng.js';
import { currentFrame } from '../module/frame.js';
import { runAbstractly } from './eval-shape.js';

/**
 * `f`, but with one split of the key for all the keys that it takes with `nextRngKey`, as `hk.experimental.optimize_rng_use`.
 * `f` runs twice: once to count the keys, where nothing that it makes is kept. The keys are those of `split(key, n + 1)`, not those of a plain run.
 *
 * @returns a function for use inside a transform
 */
export function optimizeRngUse<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
): (...args: Args) => R {
  return (...args) => {
    currentFrame('experimental.optimizeRngUse');
    const keys = countRngKeys(() =>
      runAbstractly(
        () => f(...args),
        () => undefined,
      ),
    );
    if (keys > 0) reserveRngKeys(keys);
    return f(...args);
  };
}

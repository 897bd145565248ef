import { tidy } from '@tensorflow/tfjs-core';
import { tensorsOf } from '../tree/owned.js';
import { dispose } from '../tree/tree.js';
import type { AnyFunction } from '../transform/pair.js';
import { transformWithState } from '../transform/transform.js';

/** Options of {@link transformAndRun}. */
export interface TransformAndRunOptions {
  /** Seed of `init`; `apply` gets the next one. `null` for no keys. Default 42. */
  readonly seed?: number | null;
  /** Also runs `apply`. Default `true`. */
  readonly runApply?: boolean;
}

/**
 * Makes a function with modules callable in a test: each call runs `init` and, on what that made, `apply`, whose result it
 * returns (`undefined` without `runApply`). What was made is freed.
 */
export function transformAndRun<F extends AnyFunction>(
  f: F,
  options: TransformAndRunOptions = {},
): (...args: Parameters<F>) => ReturnType<F> {
  const { seed = 42, runApply = true } = options;
  const pair = transformWithState<AnyFunction>(f);
  return (...args) => {
    let result: unknown;
    tidy(() => {
      const [params, state] = pair.init(seed, ...(args as never[]));
      if (!runApply) return [];
      const [output, after] = pair.apply(
        params,
        state,
        seed === null ? null : seed + 1,
        ...(args as never[]),
      );
      result = output;
      dispose(after);
      return tensorsOf(output);
    });
    return result as ReturnType<F>;
  };
}

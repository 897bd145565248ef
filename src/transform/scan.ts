import { TankaError } from '../errors/tanka-error.js';
import { maybeCurrentFrame, type Frame } from '../module/frame.js';
import {
  batchSizes,
  elementsOf,
  emptyBatch,
  stackTrees,
  zeroElement,
  type ElementOf,
  type StackedOf,
} from './batched.js';
import { runAbstractly } from './eval-shape.js';
import { reserveUpToFull, withOwnParams } from './internal-state.js';
import { scanStep } from './loop.js';
import { checkAlive } from '../tree/alive.js';
import { tidyOwnedInFrame } from './ownership.js';

/** Options of {@link scan}. */
export interface ScanOptions {
  /** Number of steps; needed when `xs` has no leaves. */
  readonly length?: number;
  /** Goes from the last element to the first. Default `false`. */
  readonly reverse?: boolean;
  /** Accepted for Haiku's sake: there is no compiled loop to unroll. */
  readonly unroll?: number;
}

/** The function of a {@link scan}. */
export interface ScanFunction<C, X, Y> {
  // A method, so that a function of `Tensor2D` is welcome where elements are known as `Tensor` only.
  bivariant(carry: C, x: ElementOf<X>): readonly [carry: C, y: Y];
}

function stepsOf(xs: unknown, length: number | undefined): number {
  const sizes = batchSizes(xs);
  const steps = length ?? [...sizes.values()][0];
  if (steps === undefined || !Number.isInteger(steps) || steps < 0) {
    throw new TankaError(
      'scan-length',
      `hk.scan needs a number of steps, but xs has no leaves and length is ${String(length)}. Pass { length }.`,
    );
  }
  const wrong = [...sizes].filter(([, size]) => size !== steps);
  if (wrong.length > 0) {
    throw new TankaError(
      'scan-length',
      `hk.scan makes ${steps} steps, but ${wrong.map(([path, size]) => `'${path}' has ${size} elements`).join(', ')}. ` +
        'All leaves of xs, and length if given, must agree.',
    );
  }
  return steps;
}

/** {@link scan} in a given frame, or as outside of transforms. */
export function scanIn<C, X, Y>(
  frame: Frame | undefined,
  f: ScanFunction<C, X, Y>['bivariant'],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: StackedOf<Y>] {
  const { length, reverse = false } = options;
  checkAlive([init, xs], 'hk.scan');
  const running = frame?.frozen === false;
  return tidyOwnedInFrame(frame, () => {
    const steps = stepsOf(xs, length);
    if (steps === 0) {
      const none = zeroElement(xs);
      const first = (): Y => f(init, none as ElementOf<X>)[1];
      const empty = running ? emptyBatch(first()) : runAbstractly(first, emptyBatch);
      return [init, empty()];
    }
    const element = elementsOf(xs, steps);
    const ys: unknown[] = new Array<unknown>(steps);
    let carry = init;
    for (let step = 0; step < steps; step++) {
      const i = reverse ? steps - 1 - step : step;
      const call = (c: C): readonly [C, Y] => f(c, element(i) as ElementOf<X>);
      if (step === (running ? 1 : 0)) reserveUpToFull(frame);
      // A lift makes its parameters in each step of `init`: those of the first are kept.
      const later = running ? (c: C): readonly [C, Y] => withOwnParams(frame, () => call(c)) : call;
      [carry, ys[i]] = running && step === 0 ? call(carry) : scanStep('scan', frame, carry, later);
    }
    return [carry, stackTrees(ys)];
  }) as [C, StackedOf<Y>];
}

/**
 * Calls `f` for each element of `xs` along its first axis, handing a carry from step to step.
 *
 * Parameters are made in the first step, which in `init` runs in the scope around the loop; state and keys flow through
 * the steps. A module that is made in `f` itself (not in a method of a module called in `f`) is new in every step of
 * `init`: make it outside.
 *
 * @param xs any nesting of tensors, and of arrays of keys, all of one length; or null, with `length`
 * @returns the last carry, and the outputs stacked along a new first axis. Without steps, `f` runs on shapes alone.
 * @throws `scan-length`, `loop-carry`, `loop-new-entries`, `batch-leaf`, `tensor-disposed`
 */
export function scan<C, X, Y>(
  f: ScanFunction<C, X, Y>['bivariant'],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: StackedOf<Y>] {
  return scanIn(maybeCurrentFrame(), f, init, xs, options);
}

/**
 * `f` of each element of `xs` along its first axis, stacked: a {@link scan} without a carry.
 *
 * @throws as {@link scan}
 */
export function map<X, Y>(f: (x: ElementOf<X>) => Y, xs: X): StackedOf<Y> {
  return scan<null, X, Y>((_, x) => [null, f(x)], null, xs)[1];
}

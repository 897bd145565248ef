import { Tensor } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { isTensor } from '../backend/engine.js';
import { checkAlive } from '../tree/alive.js';
import { hasNoValues } from '../backend/shapes/abstract.js';
import { TankaError } from '../errors/tanka-error.js';
import { maybeCurrentFrame, type Frame } from '../module/frame.js';
import { isNode, map } from '../tree/tree.js';
import { internalState, reserveUpToFull, statesDiffer, withOwnNames } from './internal-state.js';
import { scalarValue } from './scalar-value.js';
import { tidyInFrame, tidyOwnedInFrame } from './ownership.js';

/**
 * Checks that two nestings agree, tensors in shape and dtype too. A number stands for a scalar.
 *
 * @param rule what the message begins with
 */
export function checkSameKind(
  code: 'loop-carry' | 'branch-mismatch' | 'vmap-mismatch',
  rule: string,
  first: unknown,
  other: unknown,
): void {
  const wrong = (what: string, cause?: unknown): TankaError =>
    new TankaError(code, `${rule}, but ${what}.`, { cause });
  try {
    map(
      (a: never, b: never) => {
        if (isNode(b)) throw wrong(`a leaf became ${whatIs(b)}`);
        const [from, to] = [whatIs(a), whatIs(b)];
        if (isTensor(a) && isTensor(b) && from !== to)
          throw wrong(`a leaf is ${from} in one and ${to} in the other`);
      },
      first,
      other,
    );
  } catch (error) {
    if (!(error instanceof TankaError && error.code === 'tree-structure-mismatch')) throw error;
    throw wrong(`their nestings differ: ${error.message}`, error);
  }
}

function checkCarry(caller: string, before: unknown, after: unknown): void {
  const rule = `The function given to hk.${caller} must return a carry of the nesting, shapes and dtypes that it takes`;
  checkSameKind('loop-carry', rule, before, after);
}

/**
 * One step of a loop inside or outside of a transform: intermediates are freed, names start where the loop began, and
 * nothing may be made that the first step has not made.
 *
 * @throws `loop-new-entries`
 */
function loopStep<R>(caller: string, frame: Frame | undefined, f: () => R): R {
  if (frame === undefined) return tidyInFrame(undefined, f);
  const before = { ...frame.made };
  const result = tidyInFrame(frame, () => withOwnNames(frame, f));
  if (frame.made.params !== before.params || frame.made.state !== before.state) {
    const what = frame.made.params === before.params ? 'state' : 'parameters';
    throw new TankaError(
      'loop-new-entries',
      `The function given to hk.${caller} made new ${what} after its first step. ` +
        'Make modules before the loop, or in a method of one that is called in it; ' +
        'set state before it.',
    );
  }
  reserveUpToFull(frame);
  return result;
}

/** {@link loopStep} for a function from carry to carry. */
function carryStep<C>(caller: string, frame: Frame | undefined, carry: C, f: (carry: C) => C): C {
  const next = loopStep(caller, frame, () => f(carry));
  checkCarry(caller, carry, next);
  return next;
}

/** {@link loopStep} for a function that also returns an output. */
export function scanStep<C, Y>(
  caller: string,
  frame: Frame | undefined,
  carry: C,
  f: (carry: C) => readonly [C, Y],
): readonly [C, Y] {
  const next = loopStep(caller, frame, () => f(carry));
  checkCarry(caller, carry, next[0]);
  return next;
}

/**
 * `for (let i = lower; i < upper; i++) v = body(i, v)`, returning the last `v`.
 *
 * In `init` the first step runs even when there is none to run, so that parameters are made; modules made directly in
 * `body` must not be new in later steps.
 *
 * @throws `loop-carry`, `loop-new-entries`, `control-value`, `tensor-disposed`
 */
export function foriLoop(
  lower: number | Tensor,
  upper: number | Tensor,
  body: (i: number, value: number) => number,
  init: number,
): number;
export function foriLoop<V>(
  lower: number | Tensor,
  upper: number | Tensor,
  body: (i: number, value: V) => V,
  init: V,
): V;
export function foriLoop<V>(
  lower: number | Tensor,
  upper: number | Tensor,
  body: (i: number, value: V) => V,
  init: V,
): V {
  checkAlive(init, 'hk.foriLoop');
  const frame = maybeCurrentFrame();
  return tidyOwnedInFrame(frame, () => {
    const boundless = hasNoValues(lower) || hasNoValues(upper);
    // While only shapes are computed one step tells all there is to know.
    let i = boundless ? 0 : scalarValue(lower, 'The lower bound of hk.foriLoop');
    const end = boundless ? 1 : scalarValue(upper, 'The upper bound of hk.foriLoop');
    let value = init;
    if (frame?.frozen === false) {
      value = body(i++, value);
      if (i === end) return value;
    }
    reserveUpToFull(frame);
    for (; i < end; i++) {
      const at = i;
      value = carryStep('foriLoop', frame, value, (v) => body(at, v));
    }
    return value;
  });
}

/**
 * `while (condition(v)) v = body(v)`, returning the last `v`.
 *
 * @throws `while-init` in `init`, where it is not known whether the body would run; `while-condition` when `condition`
 * changes state or draws keys; `loop-carry`, `loop-new-entries`, `control-value`, `tensor-disposed`
 */
export function whileLoop(
  condition: (value: number) => boolean | number | Tensor,
  body: (value: number) => number,
  init: number,
): number;
export function whileLoop<V>(
  condition: (value: V) => boolean | number | Tensor,
  body: (value: V) => V,
  init: V,
): V;
export function whileLoop<V>(
  condition: (value: V) => boolean | number | Tensor,
  body: (value: V) => V,
  init: V,
): V {
  checkAlive(init, 'hk.whileLoop');
  const frame = maybeCurrentFrame();
  if (frame?.frozen === false) {
    throw new TankaError(
      'while-init',
      'hk.whileLoop cannot run in init, where its body may have to make parameters. ' +
        'Run the body once: hk.runningInit() ? body(value) : hk.whileLoop(condition, body, value).',
    );
  }
  /** `null` when it is not known because only shapes are computed. */
  const holds = (value: V): boolean | null => {
    const before = internalState(frame);
    const goesOn = tidyInFrame(frame, () => {
      const held = condition(value);
      return hasNoValues(held) ? null : scalarValue(held, 'The condition of hk.whileLoop') !== 0;
    });
    if (statesDiffer(before, internalState(frame))) {
      throw new TankaError(
        'while-condition',
        'The condition of hk.whileLoop changed state or drew a key. Do so in its body and carry the result.',
      );
    }
    return goesOn;
  };
  return tidyOwnedInFrame(frame, () => {
    reserveUpToFull(frame);
    let value = init;
    for (let goesOn = holds(value); goesOn !== false; goesOn = holds(value)) {
      value = carryStep('whileLoop', frame, value, body);
      if (goesOn === null) break;
    }
    return value;
  });
}

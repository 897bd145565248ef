import { equal, greaterEqual, notEqual, where, type Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { hasNoValues } from '../backend/shapes/abstract.js';
import { isRecording } from '../backend/recording.js';
import { TankaError } from '../errors/tanka-error.js';
import { checkSynchronous } from '../module/asynchronous.js';
import { maybeCurrentFrame, type Bundles, type Frame } from '../module/frame.js';
import {
  internalState,
  reserveUpToFull,
  restoreInternalState,
  statesDiffer,
  withOwnNames,
  type InternalState,
} from './internal-state.js';
import { checkAlive } from '../tree/alive.js';
import { map } from '../tree/tree.js';
import { checkSameKind } from './loop.js';
import { tidyOwnedInFrame } from './ownership.js';
import { scalarValue } from './scalar-value.js';

/** A function that {@link cond} or {@link switchCase} may run. */
type Branch<Operands extends readonly unknown[], R> = (...operands: Operands) => R;

interface Outcome<R> {
  readonly result: R;
  readonly after: InternalState | undefined;
}

function entriesOf(bundles: Bundles<unknown>): string[] {
  return [...bundles]
    .flatMap(([bundle, entries]) => [...entries.keys()].map((name) => `${bundle}/${name}`))
    .sort();
}

function checkSameOutcome<R>(caller: string, first: Outcome<R>, other: Outcome<R>): void {
  const [a, b] = [first.after, other.after].map((after) =>
    after === undefined ? [] : [...entriesOf(after.params), ...entriesOf(after.state)],
  );
  const lonely = [...a.filter((entry) => !b.includes(entry)), ...b.filter((entry) => !a.includes(entry))];
  if (lonely.length > 0) {
    throw new TankaError(
      'branch-mismatch',
      `The branches of hk.${caller} must make the same in init, but only some made ${lonely.join(', ')}. ` +
        `Make all modules before: if (hk.runningInit()) { one.call(x); other.call(x); } else hk.${caller}(…).`,
    );
  }
  checkSameResult(caller, first, other);
}

function checkSameResult<R>(caller: string, first: Outcome<R>, other: Outcome<R>): void {
  const rule = `The branches of hk.${caller} must return the same nesting, shapes and dtypes`;
  checkSameKind('branch-mismatch', rule, first.result, other.result);
}

/** What each branch returns and makes, all run from the same state. */
function outcomesOf<Operands extends readonly unknown[], R>(
  caller: string,
  frame: Frame | undefined,
  branches: readonly Branch<Operands, R>[],
  operands: Operands,
): Outcome<R>[] {
  const before = internalState(frame);
  return branches.map((branch) => {
    restoreInternalState(frame, before);
    const result = runBranch(caller, frame, branch, operands);
    return { result, after: internalState(frame) };
  });
}

/** Runs a branch with names of its own. */
function runBranch<Operands extends readonly unknown[], R>(
  caller: string,
  frame: Frame | undefined,
  branch: Branch<Operands, R>,
  operands: Operands,
): R {
  return withOwnNames(frame, () => checkSynchronous(branch(...operands), () => `A branch of hk.${caller}`));
}

/** Runs every branch from the same state, and keeps what the taken one made. A function given twice runs once. */
function runAll<Operands extends readonly unknown[], R>(
  caller: string,
  frame: Frame | undefined,
  branches: readonly Branch<Operands, R>[],
  taken: number,
  operands: Operands,
): R {
  const different = [...new Set(branches)];
  const outcomes = outcomesOf(caller, frame, different, operands);
  const [first, ...others] = outcomes;
  for (const other of others) checkSameOutcome(caller, first, other);
  const { result, after } = outcomes[different.indexOf(branches[taken])];
  restoreInternalState(frame, after);
  return result;
}

/**
 * All branches run, and tensor operations select the results of the one taken: the form that a recording can replay with
 * another predicate.
 */
function select<Operands extends readonly unknown[], R>(
  caller: string,
  branches: readonly Branch<Operands, R>[],
  isTaken: (branch: number) => Tensor,
  operands: Operands,
): R {
  const frame = maybeCurrentFrame();
  if (frame?.frozen === false) {
    throw new TankaError(
      'control-value',
      `hk.${caller} on a tensor cannot be recorded in init, where branches make parameters. Jit apply instead.`,
    );
  }
  return tidyOwnedInFrame(frame, () => {
    reserveUpToFull(frame);
    const before = internalState(frame);
    const outcomes = outcomesOf(caller, frame, branches, operands);
    const [first, ...others] = outcomes;
    const chosen = others.reduce((chosenSoFar, outcome, i) => {
      checkSameResult(caller, first, outcome);
      return map((a: Tensor, b: Tensor) => where(isTaken(i + 1), b, a), chosenSoFar, outcome.result) as R;
    }, first.result);
    if (outcomes.some(({ after }) => statesDiffer(before, after))) {
      throw new TankaError(
        'control-value',
        `A branch of hk.${caller} on a tensor draws keys or sets state, which is not recorded: do so outside of the branches.`,
      );
    }
    return chosen;
  });
}

/** @param taken `null` when that is not known because only shapes are computed: then all run, and must agree */
function choose<Operands extends readonly unknown[], R>(
  caller: string,
  taken: number | null,
  branches: readonly Branch<Operands, R>[],
  operands: Operands,
): R {
  const frame = maybeCurrentFrame();
  return tidyOwnedInFrame(frame, () => {
    reserveUpToFull(frame);
    const alone = frame?.frozen === false || taken === null ? null : branches[taken];
    const result =
      alone === null
        ? runAll(caller, frame, branches, taken ?? 0, operands)
        : runBranch(caller, frame, alone, operands);
    reserveUpToFull(frame);
    return result;
  });
}

/**
 * `predicate ? onTrue(...operands) : onFalse(...operands)`.
 *
 * In `init` both functions run, from the same keys and state, and must make the same parameters and state and return the
 * same nesting; what the chosen one made is kept. Modules made later are named as if the branches had made none.
 *
 * @param predicate a boolean, a number (0 is false), or a scalar tensor, which is read; while `hk.jit` records, both functions
 *   run and the results are selected by the tensor; while only shapes are computed, both run
 * @throws `branch-mismatch`, `control-value`, `tensor-disposed`
 */
export function cond<Operands extends readonly unknown[], R>(
  predicate: boolean | number | Tensor,
  onTrue: (...operands: Operands) => R,
  onFalse: (...operands: Operands) => R,
  ...operands: Operands
): R {
  checkAlive([predicate, operands], 'hk.cond');
  if (isRecording() && isTensor(predicate)) {
    return select('cond', [onFalse, onTrue], () => notEqual(predicate, 0), operands);
  }
  if (hasNoValues(predicate)) return choose('cond', null, [onFalse, onTrue], operands);
  const taken = scalarValue(predicate, 'The predicate of hk.cond') === 0 ? 0 : 1;
  return choose('cond', taken, [onFalse, onTrue], operands);
}

/**
 * `branches[index](...operands)`, with the index cut to those there are. Otherwise as {@link cond}.
 *
 * @throws `branch-mismatch`, `control-value`, `tensor-disposed`
 */
export function switchCase<Operands extends readonly unknown[], R>(
  index: number | Tensor,
  branches: readonly ((...operands: Operands) => R)[],
  ...operands: Operands
): R {
  checkAlive([index, operands], 'hk.switch');
  if (isRecording() && isTensor(index)) {
    const last = branches.length - 1;
    const isTaken = (branch: number): Tensor =>
      branch === last ? greaterEqual(index, last) : equal(index, branch);
    return select('switch', branches, isTaken, operands);
  }
  if (hasNoValues(index) && branches.length > 0) return choose('switch', null, branches, operands);
  const value = scalarValue(index, 'The index of hk.switch');
  if (!Number.isInteger(value) || branches.length === 0) {
    throw new TankaError(
      'control-value',
      `hk.switch needs a whole number as index and at least one branch, but got ${value} and ${branches.length} branches.`,
    );
  }
  const taken = Math.min(Math.max(value, 0), branches.length - 1);
  return choose('switch', taken, branches, operands);
}

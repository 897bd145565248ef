import type { Tensor } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { TankaError } from '../errors/tanka-error.js';
import { checkSynchronous } from '../module/asynchronous.js';
import {
  collect,
  currentFrame,
  newFrame,
  withFrame,
  type Bundles,
  type Frame,
  type Params,
  type State,
  type StatePair,
} from '../module/frame.js';
import { collectState } from '../module/state.js';
import { PRNGSequence, startOf } from '../random/prng-sequence.js';
import { tidyOwned } from '../tree/owned.js';
import { isPlainObject } from '../tree/tree.js';
import { dropState } from './adapters.js';
import { checkAlive } from '../tree/alive.js';
import {
  tagPairFunction,
  type AnyFunction,
  type RngLike,
  type Transformed,
  type TransformedWithState,
  type WrapperArgument,
} from './pair.js';

/** Makes a function that returns a promise a compile error. */
export type Synchronous<F extends AnyFunction> =
  ReturnType<F> extends PromiseLike<unknown> ? 'A transformed function must not be async' : unknown;

/** Options of {@link transform} and {@link transformWithState}. */
export interface TransformOptions {
  /** Order in which the function takes the arguments of a wrapper layer. Default `['inputs', 'training']`. */
  readonly argNames?: readonly WrapperArgument[];
}

/**
 * The sequence of keys that an `init` or `apply` starts from.
 *
 * @throws `rng-invalid`
 */
function toSequence(rng: RngLike, signature: string): PRNGSequence | null {
  if (rng === null) return null;
  const start = startOf(rng);
  if (start !== null) return new PRNGSequence(start);
  throw new TankaError(
    'rng-invalid',
    `The rng in ${signature} must be null, a key, an integer seed or [key, subkeys], but got ${whatIs(rng)}. ` +
      'Pass hk.random.key(42), and mind the order of arguments.',
  );
}

function toBundles<V>(
  value: unknown,
  code: 'params-invalid' | 'state-invalid',
  entry: (value: unknown) => V,
): Bundles<V> {
  const bundles: Bundles<V> = new Map();
  if (value === null || value === undefined) return bundles;
  const check = (node: unknown): Readonly<Record<string, unknown>> => {
    if (isPlainObject(node)) return node;
    throw new TankaError(
      code,
      `The ${code.slice(0, -8)} given to apply must be { [moduleName]: { [name]: tensor } }, but is or holds ${whatIs(node)}. ` +
        'Pass what init returned.',
    );
  };
  const modules = check(value);
  for (const bundle of Object.keys(modules)) {
    const entries = check(modules[bundle]);
    const own = new Map<string, V>();
    for (const name of Object.keys(entries)) own.set(name, entry(entries[name]));
    bundles.set(bundle, own);
  }
  return bundles;
}

const toPair = (value: unknown): StatePair => ({ initial: value, current: value });
const same = (value: unknown): Tensor => value as Tensor;

/**
 * Turns a function that makes parameters and state into a pair of pure functions.
 *
 * @param f any synchronous function; it is not run here
 * @throws `async-function`, `rng-invalid`, `params-invalid`, `state-invalid`, `result-unsupported`, `tensor-disposed`
 * (from init and apply) and whatever `f` throws
 */
export function transformWithState<F extends AnyFunction>(
  f: F & Synchronous<F>,
  options: TransformOptions = {},
): TransformedWithState<Parameters<F>, ReturnType<F>> {
  type Args = Parameters<F>;
  const run = (frame: Frame, args: Args): ReturnType<F> => {
    for (const arg of args) checkAlive(arg, 'init or apply');
    return withFrame(frame, () => {
      const result = checkSynchronous(
        (f as (...a: Args) => ReturnType<F>)(...args),
        () => `The function ${f.name || '(anonymous)'}`,
      );
      for (const finish of frame.teardown) finish();
      return result;
    });
  };

  const init = (rng: RngLike, ...args: Args): [Params, State] => {
    const frame = newFrame({
      params: new Map(),
      state: new Map(),
      frozen: false,
      rngs: [toSequence(rng, 'init(rng, ...args)')],
    });
    return tidyOwned(() => {
      run(frame, args);
      return [collect(frame.params, same), collectState(frame, 'initial')];
    });
  };
  const apply = (params: Params, state: State, rng: RngLike, ...args: Args): [ReturnType<F>, State] => {
    const frame = newFrame({
      params: toBundles(params, 'params-invalid', same),
      state: toBundles(state, 'state-invalid', toPair),
      frozen: true,
      rngs: [
        toSequence(rng, 'apply(params, state, rng, ...args), or apply(params, rng, ...args) without state'),
      ],
    });
    return tidyOwned(() => [run(frame, args), collectState(frame, 'current')]);
  };
  const info = {
    stateful: true,
    rng: true,
    original: f,
    argNames: options.argNames ?? ['inputs', 'training'],
  } as const;
  return {
    init: tagPairFunction(init, { ...info, role: 'init' }),
    apply: tagPairFunction(apply, { ...info, role: 'apply' }),
  };
}

/**
 * Turns a function that makes parameters, but no state, into a pair of pure functions.
 *
 * @throws `state-not-empty` from init and apply when `f` uses state
 */
export function transform<F extends AnyFunction>(
  f: F & Synchronous<F>,
  options: TransformOptions = {},
): Transformed<Parameters<F>, ReturnType<F>> {
  return dropState(transformWithState<F>(f, options));
}

/**
 * True while `init` runs, false while `apply` does.
 *
 * @throws `outside-transform`
 */
export function runningInit(): boolean {
  return !currentFrame('runningInit').frozen;
}

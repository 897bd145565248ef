import { TankaError } from '../errors/tanka-error.js';
import type { Params, State } from '../module/frame.js';
import { dispose, isNode } from '../tree/tree.js';
import { runAbstractly } from './eval-shape.js';
import { tagPairFunction, type AnyFunction, type RngLike } from './pair.js';
import { transformWithState } from './transform.js';

/** The `apply` functions of a nesting of functions. */
export type AppliesOf<Fns> = Fns extends (...args: infer A) => infer R
  ? (this: void, params: Params, rng: RngLike, ...args: A) => R
  : { readonly [K in keyof Fns]: AppliesOf<Fns[K]> };

/** The `apply` functions of a nesting of functions with state. */
export type StatefulAppliesOf<Fns> = Fns extends (...args: infer A) => infer R
  ? (this: void, params: Params, state: State, rng: RngLike, ...args: A) => [result: R, state: State]
  : { readonly [K in keyof Fns]: StatefulAppliesOf<Fns[K]> };

/** What {@link multiTransform} returns. */
export interface MultiTransformed<Args extends readonly unknown[], Fns> {
  /** The parameters, made by the template. */
  readonly init: (this: void, rng: RngLike, ...args: Args) => Params;
  readonly apply: AppliesOf<Fns>;
}

/** What {@link multiTransformWithState} returns. */
export interface MultiTransformedWithState<Args extends readonly unknown[], Fns> {
  /** The parameters and the state, made by the template. */
  readonly init: (this: void, rng: RngLike, ...args: Args) => [params: Params, state: State];
  readonly apply: StatefulAppliesOf<Fns>;
}

type Factory<Template extends AnyFunction, Fns> = () => readonly [template: Template, fns: Fns];

function mapFunctions(
  node: unknown,
  f: (path: readonly string[]) => AnyFunction,
  path: readonly string[] = [],
): unknown {
  if (typeof node === 'function') return f(path);
  if (node === null || node === undefined) return node;
  if (!isNode(node)) {
    throw new TankaError(
      'multi-transform-function',
      `The function given to hk.multiTransform must return [template, functions], but functions has ${String(node)} at '${path.join('/')}'.`,
    );
  }
  const child = (key: string): unknown =>
    mapFunctions((node as Record<string, unknown>)[key], f, [...path, key]);
  if (Array.isArray(node)) return node.map((_, i) => child(String(i)));
  return Object.fromEntries(Object.keys(node).map((key) => [key, child(key)]));
}

function functionAt(fns: unknown, path: readonly string[]): AnyFunction {
  return path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], fns) as AnyFunction;
}

/**
 * One `init` and many `apply` functions that share parameters and state.
 *
 * @param f makes the modules and returns the function that `init` runs and any nesting of functions to apply. It runs once
 * here, for shapes alone, to learn the nesting, and again in each `init` and `apply`.
 * @throws `multi-transform-function`
 */
export function multiTransformWithState<Template extends AnyFunction, const Fns>(
  f: Factory<Template, Fns>,
): MultiTransformedWithState<Parameters<Template>, Fns> {
  const info = { stateful: true, rng: true, original: f, argNames: ['inputs', 'training'] } as const;
  const nesting = runAbstractly(
    () => {
      let fns: unknown;
      transformWithState(() => {
        fns = f()[1];
      }).init(42);
      return fns;
    },
    (fns) => fns,
  );
  const { init } = transformWithState((...args: Parameters<Template>) => {
    f()[0](...args);
  });
  const apply = mapFunctions(nesting, (path) => {
    const pair = transformWithState((...args: never[]) => functionAt(f()[1], path)(...args));
    const run = (...given: unknown[]): unknown => (pair.apply as (...all: unknown[]) => unknown)(...given);
    return tagPairFunction(run, { ...info, role: 'apply' });
  });
  return {
    init: tagPairFunction((rng: RngLike, ...args: Parameters<Template>) => init(rng, ...args), {
      ...info,
      role: 'init',
    }),
    apply: apply as StatefulAppliesOf<Fns>,
  };
}

function checkNoState(result: unknown, state: State): void {
  if (Object.keys(state).length === 0) return;
  dispose([result, state]);
  throw new TankaError(
    'state-not-empty',
    'The functions given to hk.multiTransform use state. Use hk.multiTransformWithState, whose init and apply carry it.',
  );
}

/**
 * {@link multiTransformWithState} without state.
 *
 * @throws `multi-transform-function`; `state-not-empty` from init and apply
 */
export function multiTransform<Template extends AnyFunction, const Fns>(
  f: Factory<Template, Fns>,
): MultiTransformed<Parameters<Template>, Fns> {
  const pair = multiTransformWithState(f);
  const info = { stateful: false, rng: true, original: f, argNames: ['inputs', 'training'] } as const;
  const apply = mapFunctions(pair.apply, (path) => {
    const inner = functionAt(pair.apply, path) as (...all: unknown[]) => [unknown, State];
    const run = (params: Params, rng: RngLike, ...args: unknown[]): unknown => {
      const [result, state] = inner(params, {}, rng, ...args);
      checkNoState(result, state);
      return result;
    };
    return tagPairFunction(run, { ...info, role: 'apply' });
  });
  const init = (rng: RngLike, ...args: Parameters<Template>): Params => {
    const [params, state] = pair.init(rng, ...args);
    checkNoState(params, state);
    return params;
  };
  return { init: tagPairFunction(init, { ...info, role: 'init' }), apply: apply as AppliesOf<Fns> };
}

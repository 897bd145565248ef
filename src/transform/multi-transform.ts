import { TankaError } from '../errors/tanka-error.js';
import type { Params, State } from '../module/frame.js';
import { isNode, map, mapChildren } from '../tree/tree.js';
import { applyWithoutState, initWithoutState } from './adapters.js';
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
      `hk.multiTransform takes a function that returns [template, functions], but functions has ${String(node)} at '${path.join('/')}'.`,
    );
  }
  return mapChildren(node, (child, key) => mapFunctions(child, f, [...path, key]));
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
    const { apply: own } = transformWithState((...args: never[]) => at(f()[1], path)(...args));
    return tagPairFunction(own, { ...info, role: 'apply' });
  });
  return {
    init: tagPairFunction(init, { ...info, role: 'init' }),
    apply: apply as StatefulAppliesOf<Fns>,
  };
}

function at(fns: unknown, path: readonly string[]): AnyFunction {
  return path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], fns) as AnyFunction;
}

/**
 * {@link multiTransformWithState} without state.
 *
 * @throws `multi-transform-function`; `state-not-empty` from init and apply
 */
export function multiTransform<Template extends AnyFunction, const Fns>(
  f: Factory<Template, Fns>,
): MultiTransformed<Parameters<Template>, Fns> {
  const { init, apply } = multiTransformWithState(f);
  const withState = 'hk.multiTransformWithState';
  return {
    init: initWithoutState(init, withState),
    apply: map((own: never) => applyWithoutState(own, withState), apply) as unknown as AppliesOf<Fns>,
  };
}

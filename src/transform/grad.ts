import { Tensor, zerosLike } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { handleOf, isTensor } from '../backend/engine.js';
import { tapeGradients } from '../backend/tape.js';
import { TankaError } from '../errors/tanka-error.js';
import { checkSynchronous } from '../module/asynchronous.js';
import { maybeCurrentFrame, type Frame } from '../module/frame.js';
import { tensorsOf } from '../tree/owned.js';
import { map } from '../tree/tree.js';
import { withOwnNames } from './internal-state.js';
import { checkAlive } from '../tree/alive.js';
import { tensorsMade, tidyOwnedInFrame } from './ownership.js';
import type { AnyFunction } from './pair.js';

/** Which argument, or which ones, to differentiate. */
export type ArgNums = number | readonly number[];

/** Options of {@link grad} and {@link valueAndGrad}. */
export interface GradOptions<N extends ArgNums = ArgNums, Aux extends boolean = boolean> {
  /** Position of the argument to differentiate, or an array of positions. Default 0. */
  readonly argnums?: N;
  /** The function returns `[value, aux]`, and only `value` is differentiated. Default `false`. */
  readonly hasAux?: Aux;
}

/** The gradient for argument `N` of `Args`: of the argument's nesting, or an array of such for an array of positions. */
export type GradientOf<Args extends readonly unknown[], N extends ArgNums> = N extends readonly number[]
  ? { -readonly [K in keyof N]: Args[N[K] & number] }
  : Args[N & number];

type AuxOf<R> = R extends readonly [unknown, infer A] ? A : never;
type ValueOf<R, Aux extends boolean> = Aux extends true ? [value: Tensor, aux: AuxOf<R>] : Tensor;

function positions(argnums: ArgNums, args: readonly unknown[]): number[] {
  const list = typeof argnums === 'number' ? [argnums] : [...argnums];
  return list.map((n) => {
    const position = n < 0 ? args.length + n : n;
    if (!Number.isInteger(position) || !(position in args)) {
      throw new TankaError(
        'grad-argument',
        `Argument ${n} was to be differentiated, but there are ${args.length} in all. Pass positions below that as argnums.`,
      );
    }
    return position;
  });
}

function checkLeaf(leaf: unknown, position: number): Tensor {
  if (isTensor(leaf) && leaf.dtype === 'float32') return leaf;
  throw new TankaError(
    'grad-not-float',
    `Argument ${position} to differentiate has ${whatIs(leaf)} among its leaves. Only float32 tensors have gradients: ` +
      'cast it, or choose other argnums.',
  );
}

function checkScalar(value: unknown): Tensor {
  if (isTensor(value) && value.rank === 0 && value.dtype === 'float32') return value;
  throw new TankaError(
    'grad-not-scalar',
    `The function to differentiate must return a scalar float32 tensor, but returned ${whatIs(value)}. ` +
      'Reduce it (tf.sum, tf.mean), or return [value, aux] with hasAux: true.',
  );
}

function inGradient<R>(frame: Frame | undefined, f: () => R): R {
  if (frame === undefined) return f();
  frame.gradientDepth++;
  try {
    return withOwnNames(frame, f);
  } finally {
    frame.gradientDepth--;
  }
}

/**
 * A function that returns the value of `f` and its gradient.
 *
 * `f` returns a scalar, or `[scalar, aux]` with `hasAux`. The gradient has the nesting of the argument, with zeros where
 * nothing flows, and is with respect to arguments only, never to parameters. Inside a transform `f` may use parameters,
 * state and keys; modules made later are named as if `f` had made none. All results are the caller's.
 *
 * @returns `[value, gradient]`, or `[[value, aux], gradient]`
 * @throws `grad-not-scalar`, `grad-not-float`, `grad-argument`, `tensor-disposed` and whatever `f` throws; nothing is left behind then
 */
export function valueAndGrad<
  F extends AnyFunction,
  const N extends ArgNums = 0,
  const Aux extends boolean = false,
>(
  f: F,
  options: GradOptions<N, Aux> = {},
): (...args: Parameters<F>) => [value: ValueOf<ReturnType<F>, Aux>, gradient: GradientOf<Parameters<F>, N>] {
  const { argnums = 0, hasAux = false } = options;
  return (...args) => {
    const frame = maybeCurrentFrame();
    const chosen = positions(argnums, args);
    for (const arg of args) checkAlive(arg, 'a function to differentiate');
    return tidyOwnedInFrame(frame, () => {
      const xs: Tensor[] = [];
      const inputs: unknown[] = [...args];
      for (const position of new Set(chosen)) {
        // Copies have ids of their own: a tensor that is at two leaves, or that `f` also reaches in another way, is told apart.
        inputs[position] = map((leaf: Tensor) => {
          const x = handleOf(checkLeaf(leaf, position));
          xs.push(x);
          return x;
        }, args[position]);
      }
      let aux: unknown;
      const run = (): Tensor => {
        const result = checkSynchronous(
          f(...(inputs as never[])),
          () => `The function ${f.name || '(…) => …'} to differentiate`,
        );
        if (!hasAux) return checkScalar(result);
        const [value, rest] = Array.isArray(result) ? (result as [unknown, unknown]) : [result, undefined];
        aux = rest;
        return checkScalar(value);
      };
      const escaping = (): Tensor[] => [...tensorsOf(aux), ...tensorsMade(frame, 0)];
      const { value, gradients } = inGradient(frame, () =>
        xs.length === 0 ? { value: run(), gradients: [] } : tapeGradients(run, xs, escaping),
      );
      const byInput = new Map(xs.map((x, i) => [x, gradients[i] ?? zerosLike(x)]));
      const gradient = chosen.map((position) => map((x: Tensor) => byInput.get(x), inputs[position]));
      const shown = hasAux ? [value, aux] : value;
      return [shown, typeof argnums === 'number' ? gradient[0] : gradient];
    }) as never;
  };
}

/**
 * A function that returns the gradient of `f`, or `[gradient, aux]` with `hasAux`. Otherwise as {@link valueAndGrad}.
 *
 * @throws as {@link valueAndGrad}
 */
export function grad<F extends AnyFunction, const N extends ArgNums = 0, const Aux extends boolean = false>(
  f: F,
  options: GradOptions<N, Aux> = {},
): (
  ...args: Parameters<F>
) => Aux extends true
  ? [gradient: GradientOf<Parameters<F>, N>, aux: AuxOf<ReturnType<F>>]
  : GradientOf<Parameters<F>, N> {
  const both = valueAndGrad(f, options);
  return (...args) =>
    tidyOwnedInFrame(maybeCurrentFrame(), () => {
      const [value, gradient] = both(...args);
      return options.hasAux === true ? [gradient, (value as [Tensor, unknown])[1]] : gradient;
    }) as never;
}

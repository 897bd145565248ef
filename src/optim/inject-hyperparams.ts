import { scalar, type Tensor } from '@tensorflow/tfjs-core';
import { increment, zeroCount } from './moments.js';
import type { Schedule } from './schedules/schedule.js';
import { transformation, type GradientTransformation } from './transformation.js';

/** State of {@link injectHyperparams}. Put other scalars into `hyperparams` to change them between steps. */
export interface InjectHyperparamsState<S> {
  /** int32: steps done. */
  readonly count: Tensor;
  /** float32 scalars by argument name. */
  readonly hyperparams: Readonly<Record<string, Tensor>>;
  readonly innerState: S;
}

/** Options of {@link injectHyperparams}. */
export interface InjectHyperparamsOptions {
  /** Names of options that stay as they are. */
  readonly staticArgs?: readonly string[];
  /** Name of the factory's first argument. Default `learningRate`. */
  readonly firstArg?: string;
}

/**
 * Moves the numbers that an optimizer is made with into its state, where they can be looked at, saved and changed.
 *
 * Numbers stay until they are changed in the state; functions are schedules, and evaluated at each step. Optimizers are made with numbers, so
 * all are read from the state: inside `hk.jit` that is refused, there give the optimizer a schedule instead.
 *
 * ```ts
 * const tx = optim.injectHyperparams(optim.adam)(1e-3, { b1: 0.8 });
 * let state = tx.init({ w: tf.zeros([2]) });
 * state = { ...state, hyperparams: { ...state.hyperparams, learningRate: tf.scalar(1e-4) } };
 * ```
 */
export function injectHyperparams<First, Options extends object, S>(
  factory: (first: First, options?: Options) => GradientTransformation<S>,
  { staticArgs = [], firstArg = 'learningRate' }: InjectHyperparamsOptions = {},
): (first: First, options?: Options) => GradientTransformation<InjectHyperparamsState<S>> {
  return (first, options) => {
    const given = Object.entries({ [firstArg]: first, ...options });
    const injected = given.filter(
      ([name, value]) =>
        !staticArgs.includes(name) && (typeof value === 'number' || typeof value === 'function'),
    ) as [string, number | Schedule][];
    const rebuild = (hyperparams: Readonly<Record<string, number>>): GradientTransformation<S> => {
      const all: Record<string, unknown> = { ...Object.fromEntries(given), ...hyperparams };
      const { [firstArg]: argument, ...rest } = all;
      return factory(argument as First, rest as Options);
    };
    const numbers = (count: number, current?: Readonly<Record<string, Tensor>>): Record<string, number> =>
      Object.fromEntries(
        injected.map(([name, value]) => [
          name,
          typeof value === 'function' ? value(count) : (current?.[name].dataSync()[0] ?? value),
        ]),
      );
    const tensors = (values: Record<string, number>): Record<string, Tensor> =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, scalar(value)]));
    return transformation<InjectHyperparamsState<S>>(
      (params) => {
        const values = numbers(0);
        return { count: zeroCount(), hyperparams: tensors(values), innerState: rebuild(values).init(params) };
      },
      (updates, state, params) => {
        const values = numbers(state.count.dataSync()[0], state.hyperparams);
        const [next, innerState] = rebuild(values).update(updates, state.innerState, params);
        return [next, { count: increment(state.count), hyperparams: tensors(values), innerState }];
      },
    );
  };
}

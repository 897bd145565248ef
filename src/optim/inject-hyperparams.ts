import { scalar, Tensor } from '@tensorflow/tfjs-core';
import { isRecording } from '../backend/recording.js';
import { defaultsOf } from './hyperparameters.js';
import { increment, zeroCount } from './moments.js';
import { valueAt, type Schedule } from './schedules/schedule.js';
import { checkArgument, transformation, type GradientTransformation } from './transformation.js';

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
  /** Names of arguments that stay as they are. */
  readonly staticArgs?: string | readonly string[];
  /** Name of the factory's first argument. Default `learningRate`. */
  readonly firstArg?: string;
}

/** Options whose numbers may be schedules, or scalar tensors. */
export type InjectedOptions<O> = {
  readonly [K in keyof O]: O[K] | (number extends O[K] ? Schedule | Tensor : never);
};

type Hyperparameter = number | Tensor | Schedule;

function isHyperparameter(value: unknown): value is Hyperparameter {
  return typeof value === 'number' || typeof value === 'function' || value instanceof Tensor;
}

/**
 * Moves the numbers that an optimizer is made with into its state, where they can be looked at, saved and changed: those that are given,
 * and the defaults of the optimizers of this library.
 *
 * Numbers stay until they are changed in the state; functions are schedules, and evaluated at each step. Optimizers are made with numbers, so
 * these are read from the state. Reading is refused inside `hk.jit`; there the learning rate alone may live in the state, and
 * `staticArgs` must name the others.
 *
 * ```ts
 * const tx = optim.injectHyperparams(optim.adam)(1e-3, { b1: 0.8 });
 * let state = tx.init({ w: tf.zeros([2]) });
 * console.log(Object.keys(state.hyperparams)); // ['learningRate', 'b1', 'b2', 'eps', 'epsRoot']
 * state = { ...state, hyperparams: { ...state.hyperparams, learningRate: tf.scalar(1e-4) } };
 * ```
 *
 * @throws `optim-argument-invalid` when `staticArgs` names no argument
 */
export function injectHyperparams<First, Options extends object, S>(
  factory: (first: First, options?: Options) => GradientTransformation<S>,
  { staticArgs = [], firstArg = 'learningRate' }: InjectHyperparamsOptions = {},
): (
  first: First | InjectedOptions<First>,
  options?: InjectedOptions<Options>,
) => GradientTransformation<InjectHyperparamsState<S>> {
  const fixed = typeof staticArgs === 'string' ? [staticArgs] : staticArgs;
  return (first, options) => {
    // A transformation of options alone has no first argument.
    const hasFirst = isHyperparameter(first) || typeof first !== 'object' || first === null;
    const given: Record<string, unknown> = {
      ...(hasFirst ? { [firstArg]: first } : {}),
      ...defaultsOf(factory),
      ...(hasFirst ? {} : (first as object)),
      ...options,
    };
    for (const name of fixed) {
      checkArgument(
        Object.hasOwn(given, name),
        'A name in staticArgs',
        `one of ${Object.keys(given).join(', ')}`,
        name,
      );
    }
    const injected = Object.entries(given).filter(
      ([name, value]) => !fixed.includes(name) && isHyperparameter(value),
    ) as [string, Hyperparameter][];
    const rebuild = (hyperparams: Readonly<Record<string, Tensor>>): GradientTransformation<S> => {
      const values = Object.entries(hyperparams).map(([name, value]): [string, number | Tensor] => [
        name,
        isRecording() && name === 'learningRate' ? value : value.dataSync()[0],
      ]);
      const all: Record<string, unknown> = { ...given, ...Object.fromEntries(values) };
      if (!hasFirst) return factory(all as First);
      const { [firstArg]: argument, ...rest } = all;
      return factory(argument as First, rest as Options);
    };
    const hyperparamsAt = (count: Tensor, current?: Readonly<Record<string, Tensor>>) =>
      Object.fromEntries(
        injected.map(([name, value]): [string, Tensor] => {
          const now = typeof value === 'function' ? valueAt(value, count) : (current?.[name] ?? value);
          return [name, now instanceof Tensor ? now : scalar(now)];
        }),
      );
    return transformation<InjectHyperparamsState<S>>(
      (params) => {
        const count = zeroCount();
        const hyperparams = hyperparamsAt(count);
        return { count, hyperparams, innerState: rebuild(hyperparams).init(params) };
      },
      (updates, state, params) => {
        const hyperparams = hyperparamsAt(state.count, state.hyperparams);
        const [next, innerState] = rebuild(hyperparams).update(updates, state.innerState, params);
        return [next, { count: increment(state.count), hyperparams, innerState }];
      },
    );
  };
}

import { Variable } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { show } from './signature.js';

/** Variables by name, in the order in which the module has them. */
export type NamedVariables = Iterable<readonly [name: string, variable: Variable]>;

/** Any object with the parts of `torch.nn.Module` that a layer needs. */
export interface TorchModule {
  /** The output for one tensor, or nesting, an input. */
  forward(...inputs: never[]): unknown;
  /** Trainable, unless `variable.trainable` is false. */
  namedParameters(): NamedVariables;
  /** What `forward` updates by itself, such as running statistics. */
  namedBuffers(): NamedVariables;
  /** Sets whether `forward` runs in training. */
  train(mode: boolean): unknown;
}

const METHODS = ['forward', 'namedParameters', 'namedBuffers', 'train'] as const;

/** @throws `wrapper-module-invalid` */
export function checkTorchModule(module: unknown): asserts module is TorchModule {
  if (typeof module === 'function') {
    throw new TankaError(
      'wrapper-module-invalid',
      `A TorchModuleWrapper needs an instance of a module, but \`module\` is ${show(module)}. Pass an instance: new ${module.name || 'Module'}(…).`,
    );
  }
  const missing = METHODS.filter(
    (name) => typeof (module as Record<string, unknown> | null | undefined)?.[name] !== 'function',
  );
  if (missing.length > 0) {
    throw new TankaError(
      'wrapper-module-invalid',
      `\`module\` (${show(module)}) has no ${missing.join(', no ')}. A TorchModuleWrapper needs an object with ` +
        'forward(...inputs), namedParameters(), namedBuffers() and train(mode).',
    );
  }
}

/**
 * The variables of a module.
 *
 * @throws `wrapper-module-invalid` for something else than a variable, as a lazy module has before its first call
 */
export function namedVariables(
  variables: NamedVariables,
  what: string,
): [name: string, variable: Variable][] {
  return [...variables].map(([name, variable]) => {
    if (!(variable instanceof Variable) || variable.isDisposed) {
      throw new TankaError(
        'wrapper-module-invalid',
        `LazyModules are not supported unless they are already initialized. The ${what} '${name}' of the module is ` +
          `${variable instanceof Variable ? 'a disposed variable' : show(variable)}, and not a tf.Variable.`,
      );
    }
    return [name, variable];
  });
}

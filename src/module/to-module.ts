import { TankaError } from '../errors/tanka-error.js';
import { module } from './decorators.js';
import { Module } from './module.js';
import { ForcedName } from './names.js';

/** A module whose `call` is a plain function. */
export interface FunctionModule<F> extends Module {
  readonly call: F;
}

/**
 * A module class around a function: what the function makes is named after the module.
 *
 * @returns a class whose constructor takes a name, by default the name of the function as it is
 * @throws `module-name-invalid` for a function without a usable name, and from the constructor for a name that is none
 */
export function toModule<F extends (...args: never[]) => unknown>(
  f: F,
): new (name?: string | ForcedName) => FunctionModule<F> {
  @module('to_module_wrapper')
  class ToModuleWrapper extends Module {
    constructor(name?: string | ForcedName) {
      if (name !== undefined && typeof name !== 'string' && !(name instanceof ForcedName)) {
        throw new TankaError(
          'module-name-invalid',
          `A class of hk.toModule takes a name, but got ${String(name)}. Pass arguments to call: new (hk.toModule(f))().call(x).`,
        );
      }
      super(name ?? f.name);
    }

    call(...args: never[]): unknown {
      return f(...args);
    }
  }
  return ToModuleWrapper as unknown as new (name?: string | ForcedName) => FunctionModule<F>;
}

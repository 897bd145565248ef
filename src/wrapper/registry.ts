import { TankaError } from '../errors/tanka-error.js';
import { show } from './signature.js';

const byName = new Map<string, object>();
const names = new WeakMap<object, string>();

/**
 * Gives a function or a module the name under which saved layers refer to it. A file names functions and never holds them, so
 * nothing of a file is ever evaluated: register under the same names before a model is loaded.
 *
 * @param name any text, by custom `package>name`; a later value takes the place of an earlier one, as hot reloading needs
 * @param value a model function, the module of a `FlaxLayer`, or the module or module class of a `TorchModuleWrapper`
 * @returns `value`
 * @throws `wrapper-option-invalid` for an empty name
 */
export function registerSerializable<T extends object>(name: string, value: T): T {
  if (typeof name !== 'string' || name === '') {
    throw new TankaError(
      'wrapper-option-invalid',
      `registerSerializable(name, value) needs a name, but got ${show(name)}.`,
    );
  }
  byName.set(name, value);
  names.set(value, name);
  return value;
}

/** Whether a value has a name. */
export function isRegistered(value: object): boolean {
  return names.has(value);
}

/**
 * The name of a registered value.
 *
 * @param what the option of the layer that it came from, for the message
 * @throws `wrapper-function-unregistered`
 */
export function registeredName(value: object, what: string): string {
  const name = names.get(value);
  if (name === undefined) {
    throw new TankaError(
      'wrapper-function-unregistered',
      `Cannot save \`${what}\` (${show(value)}), because a file holds names of functions and not functions. ` +
        `Give it one, before saving and before loading: registerSerializable('my-package>${what}', ${what}).`,
    );
  }
  return name;
}

/** @throws `wrapper-function-unregistered` */
export function registered(name: string): object {
  const value = byName.get(name);
  if (value === undefined) {
    throw new TankaError(
      'wrapper-function-unregistered',
      `Could not locate function '${name}'. Call registerSerializable('${name}', …) with it before the model is loaded.`,
    );
  }
  return value;
}

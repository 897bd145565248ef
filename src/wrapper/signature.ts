import { TankaError } from '../errors/tanka-error.js';
import { pairInfo } from '../transform/pair.js';

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown;

/** The arguments that a wrapper layer knows, by their documented names. */
export type ModelArgument = 'params' | 'state' | 'rng' | 'inputs' | 'training';

/** Which arguments a function takes, and how. */
export interface Signature {
  /** In the order in which the function takes them. */
  readonly names: readonly string[];
  /** One object with these keys instead of positional arguments. */
  readonly object: boolean;
}

/** Options of {@link signature}. */
export interface SignatureOptions {
  /** The function takes one object with these keys: `({ params, inputs }) => …`. Default `false`. */
  readonly object?: boolean;
}

// Of the global registry, so that a function named by another copy of the package is known too.
const SIGNATURE = Symbol.for('tanka.signature');

/**
 * Says which arguments a model function takes, by the names that the wrapper layers know:
 * `params`, `state`, `rng`, `inputs`, `training`. Nothing is read from the source text, which minifiers change.
 *
 * @param names in the order in which `fn` takes them
 * @returns a function that calls `fn`; `fn` itself is not changed
 * @throws `wrapper-signature-argument` for a name given twice, or no array of names; `wrapper-function-invalid` when `fn` is no function
 */
export function signature<F extends AnyFunction>(
  names: readonly ModelArgument[],
  fn: F,
  { object = false }: SignatureOptions = {},
): F {
  if (typeof fn !== 'function') {
    throw new TankaError(
      'wrapper-function-invalid',
      `${show(fn)} is not a callable object: signature(names, fn) takes the function as its second argument.`,
    );
  }
  if (!Array.isArray(names as unknown)) {
    throw new TankaError(
      'wrapper-signature-argument',
      `signature(names, fn) takes an array of names as its first argument, but got ${show(names)}: signature(['params', 'inputs'], fn).`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new TankaError(
      'wrapper-signature-argument',
      `Duplicate argument in signature([${names.join(', ')}]): \`${twice}\` is named twice. Name each argument of the function once.`,
    );
  }
  const named = ((...args: never[]) => fn(...args)) as F;
  const value: Signature = { names: [...names], object };
  Object.defineProperty(named, SIGNATURE, { value });
  return named;
}

/** How a value reads in a message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  if (value === null || typeof value !== 'object') return String(value);
  const { constructor } = value as { constructor?: { name?: string } };
  return Array.isArray(value) ? 'an array' : `an object of class ${constructor?.name ?? 'null'}`;
}

function isClass(fn: AnyFunction): boolean {
  // A class has a prototype that cannot be replaced; no function that one calls without `new` does.
  return Object.getOwnPropertyDescriptor(fn, 'prototype')?.writable === false;
}

/**
 * Which arguments a function takes: from `signature`, or from the pair of `transform` that it belongs to.
 *
 * @param what `call_fn` or `init_fn`, for the message
 * @throws `wrapper-function-invalid`, `wrapper-signature-missing`
 */
export function signatureOf(fn: unknown, what: 'call_fn' | 'init_fn'): Signature {
  if (typeof fn !== 'function') {
    const role = what === 'call_fn' ? 'apply' : 'init';
    const hint =
      typeof (fn as Record<string, unknown> | null | undefined)?.[role] === 'function'
        ? ` Pass the ${role} of the pair, not the pair: { callFn: model.apply, initFn: model.init }.`
        : ` Pass a function as \`${what}\`.`;
    throw new TankaError('wrapper-function-invalid', `${show(fn)} is not a callable object.${hint}`);
  }
  const named = (fn as { [SIGNATURE]?: Signature })[SIGNATURE];
  if (named !== undefined) return named;
  const pair = pairInfo(fn);
  if (pair !== undefined) {
    const role = what === 'call_fn' ? 'apply' : 'init';
    if (pair.role !== role) {
      throw new TankaError(
        'wrapper-function-invalid',
        `\`${what}\` is the ${pair.role} of a pair. Pass { callFn: model.apply, initFn: model.init }.`,
      );
    }
    const own =
      role === 'init'
        ? ['rng']
        : ['params', ...(pair.stateful ? ['state'] : []), ...(pair.rng ? ['rng'] : [])];
    return { names: [...own, ...pair.argNames], object: false };
  }
  if (isClass(fn as AnyFunction)) {
    throw new TankaError(
      'wrapper-function-invalid',
      `\`${what}\` is the class ${fn.name}. Use layerOf(${fn.name}, ...args), or transform a function that calls it and pass the pair.`,
    );
  }
  throw new TankaError(
    'wrapper-signature-missing',
    `no signature found for \`${what}\` (${show(fn)}). Say which arguments it takes: ` +
      "signature(['params', 'inputs'], fn), or pass the init and apply of hk.transform as they are.",
  );
}

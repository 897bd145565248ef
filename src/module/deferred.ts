import { currentFrame, currentScope, topActivation, type Activation } from './frame.js';

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

class DeferredModule<T extends object> {
  #target: T | null = null;
  readonly #factory: () => T;
  readonly #origin: Activation | undefined;

  constructor(factory: () => T, callMethods: readonly string[] = ['call']) {
    this.#factory = factory;
    this.#origin = topActivation(currentFrame('Deferred'));
    const methods = new Set(callMethods);
    return new Proxy(this, {
      get: (_, key) => {
        if (key === 'target') return this.target;
        if (key === 'toString') return () => `Deferred(${String(this.target)})`;
        if (this.#target !== null) return bound(this.#target, key);
        if (typeof key !== 'string' || !methods.has(key)) return undefined;
        return (...args: never[]) => (this.target as Methods)[key](...args);
      },
      set: (_, key, value) => Reflect.set(this.#target ?? this, key, value),
      deleteProperty: (_, key) => Reflect.deleteProperty(this.#target ?? this, key),
      has: (_, key) => methods.has(String(key)) || key in (this.#target ?? this),
    });
  }

  get target(): T {
    this.#target ??= this.#make();
    return this.#target;
  }

  /** Runs the factory as the method that made the `Deferred`; names are numbered among those of the method that runs now. */
  #make(): T {
    const origin = this.#origin;
    if (origin === undefined) return this.#factory();
    const frame = currentFrame('Deferred');
    const { names } = currentScope(frame);
    frame.activations.push({ module: origin.module, prefix: origin.prefix, names });
    try {
      return this.#factory();
    } finally {
      frame.activations.pop();
    }
  }
}

/** A property of the module; its methods keep their `this`, which has private fields. */
function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key);
  return typeof value === 'function' && key !== 'constructor'
    ? (value as (...args: unknown[]) => unknown).bind(target)
    : value;
}

/** What {@link Deferred} makes: all of the module, and `target`. */
export type Deferred<T extends object> = T & {
  /** The module, made now if it is not there yet. */
  readonly target: T;
};

/**
 * Puts off the making of a module until it is first called, when what it depends on is known:
 * `new hk.Deferred(() => new hk.Linear(encoder.outputSize))`. The module is named as if made in the method that made the
 * `Deferred`. Once it is there, properties are read from it, set on it and deleted from it.
 *
 * Takes the factory and the methods that make the module, by default `['call']`.
 *
 * @throws `outside-transform`
 */
export const Deferred = DeferredModule as unknown as new <T extends object>(
  factory: () => T,
  callMethods?: readonly string[],
) => Deferred<T>;

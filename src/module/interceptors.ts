import { classOf } from './decorators.js';
import { currentFrame } from './frame.js';
import type { Module } from './module.js';
import { ScopedStack } from './scoped-stack.js';
import { provideWatch, type MethodWatch } from './watch.js';

/** What an interceptor is told of a method call. */
export interface MethodContext {
  /** The module. Until its constructor has called `super`, an object of its class without a name. */
  readonly module: Module;
  /** Name of the method or accessor as it is written; `constructor` for the constructor. */
  readonly methodName: string;
  /** The method, bound to the module; calling it skips the remaining interceptors. */
  readonly origMethod: (...args: readonly unknown[]) => unknown;
  /** The class that defines the method: with inheritance not always the module's own. */
  readonly origClass: abstract new (...args: never[]) => Module;
}

/** Runs in place of a method call; `next` runs the remaining interceptors and the method. */
export type Interceptor = (
  next: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
  context: MethodContext,
) => unknown;

const interceptors = new ScopedStack<Interceptor>();
const always: Interceptor[] = [];

/**
 * Runs `f`; calls of module methods in it, constructors and accessors included, go through `interceptor`. The interceptor
 * of the outermost call runs first. Transparent methods are not intercepted.
 *
 * @throws `outside-transform`
 */
export function interceptMethods<R>(interceptor: Interceptor, f: () => R): R {
  currentFrame('interceptMethods');
  return withInterceptor(interceptor, f);
}

/** {@link interceptMethods} that also works around calls of `init` and `apply`. */
export function withInterceptor<R>(interceptor: Interceptor, f: () => R): R {
  return interceptors.with(interceptor, f);
}

/** Adds an interceptor that is always in force, before all those of {@link interceptMethods}. */
export function addInterceptor(interceptor: Interceptor): void {
  always.unshift(interceptor);
}

const watch: MethodWatch = (activation, methodName, method, prototype, args) => {
  const stack = [...always, ...interceptors.items];
  let unnamed: unknown;
  const context: MethodContext = {
    get module() {
      return (activation.module ?? (unnamed ??= Object.create(prototype))) as Module;
    },
    methodName,
    origMethod: (...given) => method(given),
    origClass: classOf(prototype),
  };
  const run = (i: number, args: readonly unknown[]): unknown =>
    i === stack.length ? method(args) : stack[i]((...next) => run(i + 1, next), args, context);
  return run(0, args);
};

provideWatch(() => (interceptors.items.length + always.length > 0 ? watch : null));

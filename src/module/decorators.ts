import { checkSynchronous } from './asynchronous.js';
import { maybeCurrentFrame, type Activation, type Frame } from './frame.js';
import { Module } from './module.js';
import { checkName, newNameScope, toSnakeCase } from './names.js';
import { registerModule, type ConstructorSignature } from './registry.js';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type ModuleClass = abstract new (...args: never[]) => Module;

/** Works as a legacy and as a TC39 class decorator, and as a plain function on a class. */
export type ModuleDecorator = <C extends ModuleClass>(target: C, context?: ClassDecoratorContext) => C;

/** What a decorated method asks of its scope. */
interface MethodTraits {
  readonly transparent?: boolean;
  readonly nameLike?: string;
}

const traits = new WeakMap<object, MethodTraits>();
const wrapped = new WeakSet<object>();

/** Conversions that JavaScript calls by itself; they open no scope. */
const CONVERSIONS = new Set(['constructor', 'toString', 'toLocaleString', 'toJSON', 'valueOf']);

/** The part that a method adds to the names of modules made in it. */
export function methodPrefix(method: string): string {
  if (method === 'call') return '';
  if (method === 'constructor') return '~/';
  return `~${toSnakeCase(method)}/`;
}

/** Runs `f` as a method of a module: submodules made in it are named after it. */
export function runActivation<R>(frame: Frame, module: Module | null, prefix: string, f: () => R): R {
  const activation: Activation = { module, prefix, ...newNameScope() };
  frame.activations.push(activation);
  try {
    return f();
  } finally {
    frame.activations.pop();
  }
}

function wrapMethod(name: string, method: AnyFunction): AnyFunction {
  const own = traits.get(method);
  if (own?.transparent === true || wrapped.has(method)) return method;
  const prefix = methodPrefix(own?.nameLike ?? name);
  const wrapper: AnyFunction = function (...args) {
    const frame = maybeCurrentFrame();
    if (frame === undefined) return method.apply(this, args);
    return runActivation(frame, this as Module, prefix, () =>
      checkSynchronous(method.apply(this, args), () => `${(this as Module).moduleName}.${name}`),
    );
  };
  Object.defineProperty(wrapper, 'name', { value: name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: method.length, configurable: true });
  wrapped.add(wrapper);
  return wrapper;
}

/** Wraps the methods and accessors of a class, and of bases that have no decorator of their own. */
function wrapMethods(prototype: object): void {
  if (prototype === Module.prototype || prototype === Object.prototype) return;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (CONVERSIONS.has(name)) continue;
    if (typeof descriptor.value === 'function')
      descriptor.value = wrapMethod(name, descriptor.value as AnyFunction);
    if (descriptor.get) descriptor.get = wrapMethod(name, descriptor.get);
    if (descriptor.set) descriptor.set = wrapMethod(name, descriptor.set as AnyFunction);
    if (descriptor.configurable === true) Object.defineProperty(prototype, name, descriptor);
  }
  wrapMethods(Object.getPrototypeOf(prototype) as object);
}

/**
 * Class decorator that every module needs: it names the class's instances and runs their constructor and methods in the
 * module's scope.
 *
 * @param name module name; default: the class name by Haiku's rule (`Conv2D` → `conv2_d`). Only an explicit name survives minifiers.
 * @param signature how `String(module)` shows the constructor's arguments
 */
export function module(name?: string, signature: ConstructorSignature = {}): ModuleDecorator {
  return <C extends ModuleClass>(target: C, context?: ClassDecoratorContext): C => {
    const className = context?.name ?? target.name;
    const info = {
      name: name === undefined ? toSnakeCase(className) : checkName(name),
      derived: name === undefined,
      signature,
    };
    wrapMethods(target.prototype as object);
    const decorated: C = new Proxy(target, {
      construct(base, args, newTarget) {
        const construct = (): object => Reflect.construct(base, args, newTarget) as object;
        const frame = maybeCurrentFrame();
        // A `super(...)` call of a subclass runs in the scope that the subclass has opened.
        if (newTarget !== decorated || frame === undefined) return construct();
        return runActivation(frame, null, methodPrefix('constructor'), construct);
      },
    });
    Object.defineProperty(target.prototype, 'constructor', {
      value: decorated,
      configurable: true,
      writable: true,
    });
    registerModule(decorated, info);
    return decorated;
  };
}

function mark(method: unknown, own: MethodTraits): void {
  traits.set(method as object, { ...traits.get(method as object), ...own });
}

/** Works as a legacy and as a TC39 decorator of methods and accessors. */
export type MethodDecorator = (target: object, context: unknown, descriptor?: PropertyDescriptor) => void;

function methodDecorator(own: MethodTraits): MethodDecorator {
  return (target, _context, descriptor) => {
    if (descriptor === undefined) {
      mark(target, own);
      return;
    }
    for (const method of [descriptor.value as unknown, descriptor.get, descriptor.set]) {
      if (typeof method === 'function') mark(method, own);
    }
  };
}

/** Method decorator: modules made in the method are named as if made in its caller's scope. */
export const transparent: MethodDecorator = methodDecorator({ transparent: true });

/** Method decorator: modules made in the method are named as if made in `method` (`call` adds nothing). */
export function nameLike(method: string): MethodDecorator {
  return methodDecorator({ nameLike: method });
}

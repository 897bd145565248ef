import { define } from '../backend/define.js';
import { checkSynchronous } from './asynchronous.js';
import { maybeCurrentFrame, type Activation, type Frame } from './frame.js';
import { Module, SUBMODULES } from './module.js';
import { checkName, newNameScope, toSnakeCase } from './names.js';
import { registerModule, type ConstructorSignature } from './registry.js';
import { methodWatch } from './watch.js';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type ModuleClass = abstract new (...args: never[]) => Module;

/** Works as a legacy and as a TC39 class decorator, and as a plain function on a class. */
export type ModuleDecorator = <C extends ModuleClass>(target: C, context?: ClassDecoratorContext) => C;

/** A property descriptor, seen as what it holds. */
type Methods = Readonly<Partial<Record<'value' | 'get' | 'set', unknown>>>;

const PARTS = ['value', 'get', 'set'] as const;

/** Parts that methods add to names where their own name does not tell; `null` for what opens no scope. */
const prefixes = new WeakMap<object, string | null>();

/** Conversions that JavaScript calls by itself; they open no scope. */
const CONVERSIONS = /^(constructor|to(Locale)?String|toJSON|valueOf)$/;

/** The part that a method adds to the names of modules made in it. */
export function methodPrefix(method: string): string {
  if (method === 'call') return '';
  if (method === 'constructor') return '~/';
  return `~${toSnakeCase(method)}/`;
}

/** Ends an activation and tells the modules whose methods are running that its module ran within them. */
function leave({ activations }: Frame): void {
  const module = activations.pop()?.module;
  if (!(module instanceof Module)) return;
  const { moduleName } = module;
  for (const { module: parent } of activations) {
    if (parent === module || !(parent instanceof Module)) continue;
    // What a module's name begins is its own anyway.
    if (!moduleName.startsWith(`${parent.moduleName}/`)) (parent[SUBMODULES] ??= new Set()).add(moduleName);
  }
}

/** Gives what stands for a function or class its name and its number of arguments. */
function present(target: AnyFunction | ModuleClass, name: string, length: number): void {
  define(target, 'name', name);
  define(target, 'length', length);
}

/** The class that a prototype belongs to; decorating a class replaces it. */
const classes = new WeakMap<object, ModuleClass>();

/** The decorated class of a prototype. */
export function classOf(prototype: object): ModuleClass {
  return classes.get(prototype) ?? (prototype.constructor as ModuleClass);
}

/** The decorated class; within its own body a class may know itself as it was before. */
export function decoratedClass(cls: ModuleClass): ModuleClass {
  return classOf(cls.prototype as object);
}

function wrapMethod(prototype: object, name: string, method: AnyFunction): AnyFunction {
  const asked = prefixes.get(method);
  if (asked === null) return method;
  const prefix = asked ?? methodPrefix(name);
  const wrapper: AnyFunction = function (...args) {
    const frame = maybeCurrentFrame();
    if (frame === undefined) return method.apply(this, args);
    const own: Activation = { module: this as Module, prefix, names: newNameScope() };
    frame.activations.push(own);
    try {
      const watch = methodWatch();
      const result = watch
        ? watch(own, name, (given) => method.apply(this, [...given]), prototype, args)
        : method.apply(this, args);
      if (typeof result === 'object')
        checkSynchronous(result, () => `${(this as Module).moduleName}.${name}`);
      return result;
    } finally {
      leave(frame);
    }
  };
  present(wrapper, name, method.length);
  // Wrapped once is enough.
  prefixes.set(wrapper, null);
  return wrapper;
}

/** Wraps the methods and accessors of a class and of its bases, where that was not done before. */
function wrapMethods(prototype: object): void {
  if (prototype === Object.prototype) return;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (CONVERSIONS.test(name) || !descriptor.configurable) continue;
    for (const part of PARTS) {
      const method = (descriptor as Methods)[part];
      if (typeof method === 'function') descriptor[part] = wrapMethod(prototype, name, method as AnyFunction);
    }
    Object.defineProperty(prototype, name, descriptor);
  }
  wrapMethods(Object.getPrototypeOf(prototype) as object);
}

/** The class with a constructor that runs in the scope of the module it makes. */
function wrapConstructor<C extends ModuleClass>(target: C, className: string): C {
  const prefix = methodPrefix('constructor');
  const Base = target as unknown as new (...args: unknown[]) => Module;
  const decorated = class extends Base {
    constructor(...args: unknown[]) {
      const frame = maybeCurrentFrame();
      // A `super(...)` call of a subclass runs in the scope that the subclass has opened.
      if (new.target !== decorated || frame === undefined) {
        super(...args);
        return;
      }
      const own: Activation = { module: null, prefix, names: newNameScope(), args };
      frame.activations.push(own);
      try {
        const watch = methodWatch();
        if (watch) {
          const construct = (given: readonly unknown[]): unknown =>
            Reflect.construct(Base, given, new.target);
          // Without a call of `next` there is no `this`: what the interceptor returns stands for the module.
          return watch(own, 'constructor', construct, decorated.prototype as object, args) as this;
        }
        super(...args);
      } finally {
        leave(frame);
      }
    }
  };
  present(decorated, className, target.length);
  return decorated as unknown as C;
}

/**
 * Class decorator that every module needs: it names the class's instances and runs their constructor and methods in the
 * module's scope.
 *
 * @param name module name; default: the class name by Haiku's rule (`Conv2D` → `conv2_d`). Only an explicit name survives minifiers.
 * @param signature how `String(module)` shows the constructor's arguments
 * @throws `module-name-invalid`
 */
export function module(name?: string, signature?: ConstructorSignature): ModuleDecorator {
  return <C extends ModuleClass>(target: C, context?: ClassDecoratorContext): C => {
    const className = signature?.className ?? context?.name ?? target.name;
    const moduleName = checkName(name ?? toSnakeCase(className));
    wrapMethods(target.prototype as object);
    const decorated = wrapConstructor(target, className);
    classes.set(target.prototype as object, decorated);
    registerModule(decorated, { name: moduleName, className, signature });
    return decorated;
  };
}

/** Works as a legacy and as a TC39 decorator of methods and accessors. */
export type MethodDecorator = (target: object, context: unknown, descriptor?: PropertyDescriptor) => void;

function methodDecorator(prefix: string | null): MethodDecorator {
  const mark = (method: unknown): void => {
    // A transparent method opens no scope, whatever else it is.
    if (typeof method === 'function' && prefixes.get(method) !== null) prefixes.set(method, prefix);
  };
  return (target, _context, descriptor) => {
    if (descriptor === undefined) mark(target);
    else for (const part of PARTS) mark((descriptor as Methods)[part]);
  };
}

/** Method decorator: modules made in the method are named as if made in its caller's scope. */
export const transparent: MethodDecorator = /* @__PURE__ */ methodDecorator(null);

/** Method decorator: modules made in the method are named as if made in `method` (`call` adds nothing). */
export function nameLike(method: string): MethodDecorator {
  return methodDecorator(methodPrefix(method));
}

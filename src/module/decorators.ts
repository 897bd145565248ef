import { checkSynchronous } from './asynchronous.js';
import { maybeCurrentFrame, type Activation, type Frame } from './frame.js';
import { callWatched, methodsAreWatched, type MethodContext } from './interceptors.js';
import { Module, SUBMODULES } from './module.js';
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

/** A property descriptor, seen as what it holds. */
type Methods = Readonly<Partial<Record<'value' | 'get' | 'set', unknown>>>;

const PARTS = ['value', 'get', 'set'] as const;

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

/** Tells the modules whose methods are running that `module` ran within them. */
function noteSubmodule(frame: Frame, module: Module): void {
  const { activations } = frame;
  for (let i = activations.length - 1; i >= 0; i--) {
    const parent = activations[i].module;
    if (parent === module || !(parent instanceof Module)) continue;
    // What a module's name begins is its own anyway.
    const { moduleName } = module;
    const own = moduleName.startsWith(parent.moduleName) && moduleName[parent.moduleName.length] === '/';
    if (!own) (parent[SUBMODULES] ??= new Set()).add(moduleName);
  }
}

/** The class that a prototype belongs to; decorating a class replaces it. */
const classes = new WeakMap<object, ModuleClass>();

/** The decorated class; within its own body a class may know itself as it was before. */
export function decoratedClass<C extends ModuleClass>(cls: C): C {
  return (classes.get(cls.prototype as object) as C | undefined) ?? cls;
}

function wrapMethod(prototype: object, name: string, method: AnyFunction): AnyFunction {
  const own = traits.get(method);
  if (own?.transparent === true || wrapped.has(method)) return method;
  const prefix = methodPrefix(own?.nameLike ?? name);
  const watched = (module: Module, args: unknown[]): unknown => {
    const context: MethodContext = {
      module,
      methodName: name,
      origMethod: (...given) => method.apply(module, [...given]),
      origClass: classes.get(prototype) ?? (prototype.constructor as ModuleClass),
    };
    return callWatched(context, args);
  };
  const wrapper: AnyFunction = function (...args) {
    const frame = maybeCurrentFrame();
    if (frame === undefined) return method.apply(this, args);
    const module = this as Module;
    const { activations } = frame;
    activations.push({ module, prefix, names: newNameScope() });
    try {
      const result = methodsAreWatched() ? watched(module, args) : method.apply(module, args);
      if (typeof result === 'object') checkSynchronous(result, () => `${module.moduleName}.${name}`);
      if (activations.length > 1) noteSubmodule(frame, module);
      return result;
    } finally {
      activations.pop();
    }
  };
  Object.defineProperty(wrapper, 'name', { value: name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: method.length, configurable: true });
  wrapped.add(wrapper);
  return wrapper;
}

function wrapDescriptor(prototype: object, name: string, descriptor: PropertyDescriptor): void {
  for (const part of PARTS) {
    const method = (descriptor as Methods)[part];
    if (typeof method === 'function') descriptor[part] = wrapMethod(prototype, name, method as AnyFunction);
  }
  if (descriptor.configurable === true) Object.defineProperty(prototype, name, descriptor);
}

/** Wraps the methods and accessors of a class, and of bases that have no decorator of their own. */
function wrapMethods(prototype: object): void {
  if (prototype === Module.prototype || prototype === Object.prototype) return;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (!CONVERSIONS.has(name)) wrapDescriptor(prototype, name, descriptor);
  }
  wrapMethods(Object.getPrototypeOf(prototype) as object);
}

for (const name of ['paramsDict', 'stateDict']) {
  wrapDescriptor(
    Module.prototype,
    name,
    Object.getOwnPropertyDescriptor(Module.prototype, name) as PropertyDescriptor,
  );
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
      const { activations } = frame;
      const own: Activation = { module: null, prefix, names: newNameScope(), args };
      activations.push(own);
      try {
        if (methodsAreWatched()) {
          const unnamed: unknown = Object.create(decorated.prototype as object);
          const context: MethodContext = {
            get module() {
              return (own.module ?? unnamed) as Module;
            },
            methodName: 'constructor',
            origMethod: (...given) => Reflect.construct(Base, given, new.target),
            origClass: decorated,
          };
          // Without a call of `next` there is no `this`: what the interceptor returns stands for the module.
          return callWatched(context, args) as this;
        }
        super(...args);
      } finally {
        if (activations.length > 1 && own.module instanceof Module) noteSubmodule(frame, own.module);
        activations.pop();
      }
    }
  };
  Object.defineProperty(decorated, 'name', { value: className, configurable: true });
  Object.defineProperty(decorated, 'length', { value: target.length, configurable: true });
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
    const info = {
      name: checkName(name ?? toSnakeCase(className)),
      className,
      derived: name === undefined,
      signature,
    };
    wrapMethods(target.prototype as object);
    const decorated = wrapConstructor(target, className);
    classes.set(target.prototype as object, decorated);
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
    for (const part of PARTS) {
      const method = (descriptor as Methods)[part];
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

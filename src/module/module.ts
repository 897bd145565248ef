import type { Tensor } from '@tensorflow/tfjs-core';
import { settings } from '../config/settings.js';
import { TankaError } from '../errors/tanka-error.js';
import { currentFrame, maybeCurrentFrame, nameOf, type Frame, type ScopeOwner } from './frame.js';
import { uniqueName, type ForcedName } from './names.js';
import { describeModule } from './describe.js';
import { moduleInfo } from './registry.js';

/** What every module takes in its trailing options. */
export interface ModuleOptions {
  /** Name of the module among its siblings. Default: from the class. */
  readonly name?: string | ForcedName | undefined;
}

/** Arguments that the constructor of a module was called with. */
const CONSTRUCTOR_ARGUMENTS: unique symbol = Symbol('tanka.constructorArguments');

/** Names of the modules whose methods ran within methods of a module. */
export const SUBMODULES: unique symbol = Symbol('tanka.submodules');

/**
 * Base class of all modules: a class that makes parameters, state and submodules in its constructor and methods.
 *
 * Subclasses carry the {@link module} decorator and are made inside a function given to `transform`.
 *
 * @throws `module-outside-transform`, `module-not-decorated`, `module-name-invalid`, `module-name-not-unique`, `super-not-called`
 */
export abstract class Module implements ScopeOwner {
  /** Set to `false` in a class whose instances shall be shown by their class name alone. */
  static autoRepr = true;

  /** Last part of {@link moduleName}. */
  declare readonly name: string;
  /** Full name, under which the parameters are stored: `encoder/~/layer_norm`. */
  declare readonly moduleName: string;
  /** @internal */
  declare readonly frameId: number;
  /** @internal */
  declare readonly [CONSTRUCTOR_ARGUMENTS]: readonly unknown[] | undefined;
  /** @internal */
  declare [SUBMODULES]: Set<string> | undefined;

  constructor(nameOrOptions?: string | ForcedName | ModuleOptions) {
    const frame = maybeCurrentFrame();
    if (frame === undefined) {
      throw new TankaError(
        'module-outside-transform',
        `${new.target.name} was made outside of hk.transform. Make it inside: ` +
          `hk.transform((x) => new ${new.target.name}(...).call(x)).`,
      );
    }
    const info = moduleInfo(new.target);
    if (info === undefined) {
      throw new TankaError(
        'module-not-decorated',
        `The class ${new.target.name || '(anonymous)'} has no @hk.module() decorator of its own. ` +
          'Write it above the class, or hk.module()(class ...).',
      );
    }
    const name =
      typeof nameOrOptions === 'object' && nameOrOptions !== null && !('path' in nameOrOptions)
        ? nameOrOptions.name
        : nameOrOptions;
    const { activations } = frame;
    const own = activations[activations.length - 1];
    const caller = activations.at(-2);
    const prefix = caller === undefined ? '' : `${nameOf(caller.module)}/${caller.prefix}`;
    const moduleName = uniqueName((caller ?? frame.root).names, prefix, name ?? info.name);
    this.name = moduleName.slice(moduleName.lastIndexOf('/') + 1);
    this.moduleName = moduleName;
    this.frameId = frame.id;
    this[CONSTRUCTOR_ARGUMENTS] = settings().moduleAutoRepr ? own.args : undefined;
    this[SUBMODULES] = undefined;
    own.module = this;
    if (info.signature && own.args?.[info.signature.positional?.length ?? 0] === null) {
      throw new TankaError(
        'layer-options',
        `The layer '${moduleName}' got null as its options. Pass an object, such as { name: '${this.name}' }.`,
      );
    }
  }

  /**
   * The parameters of this module, of its submodules, and of modules that were called in its methods, as they are so far:
   * `{ 'module/name': tensor }`. They belong to the running `init` or `apply`.
   *
   * @throws `outside-transform`
   */
  paramsDict(): Record<string, Tensor> {
    return ownedParams(this, currentFrame('Module.paramsDict'));
  }

  /** The current state of the same modules as in {@link paramsDict}. */
  stateDict(): Record<string, Tensor> {
    return ownedState(this, currentFrame('Module.stateDict'));
  }

  /** The constructor call, without arguments that have their default values: `Linear({ outputSize: 3, withBias: false })`. */
  toString(): string {
    return describeModule(
      this.constructor as typeof Module,
      moduleInfo(this.constructor),
      this[CONSTRUCTOR_ARGUMENTS],
    );
  }
}

function entriesOf<V, R>(
  module: Module,
  bundles: Map<string, Map<string, V>>,
  value: (entry: V) => R,
): Record<string, R> {
  const owners = [module.moduleName, ...(module[SUBMODULES] ?? [])];
  const found: Record<string, R> = {};
  for (const [bundle, entries] of bundles) {
    if (!owners.some((owner) => `${bundle}/`.startsWith(`${owner}/`))) continue;
    for (const [name, entry] of entries) found[`${bundle}/${name}`] = value(entry);
  }
  return found;
}

/** What {@link Module.paramsDict} returns, for those who look at a module from outside and are no call of a method. */
export function ownedParams(module: Module, frame: Frame): Record<string, Tensor> {
  return entriesOf(module, frame.params, (value) => value);
}

/** What {@link Module.stateDict} returns, likewise. */
export function ownedState(module: Module, frame: Frame): Record<string, Tensor> {
  return entriesOf(module, frame.state, (pair) => pair.current as Tensor);
}

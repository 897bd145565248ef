import 'reflect-metadata';

/** How the arguments of a module's constructor are shown by `String(module)`. */
export interface ConstructorSignature {
  /** Name of the class. Default: the one that it has, which minifiers change. */
  readonly className?: string;
  /** Names of the positional arguments. */
  readonly positional?: readonly string[];
  /** Default values of options and positional arguments: what equals its default is not shown. */
  readonly defaults?: object;
}

/** What the `@module` decorator learned of a class. */
export interface ModuleInfo {
  /** Module name of the class's instances. */
  readonly name: string;
  /** Name of the class as it was written. */
  readonly className: string;
  /** Absent where the decorator was given none. */
  readonly signature?: ConstructorSignature | undefined;
}

const KEY = 'tanka:module';

/** Keeps what is known of a decorated class with the class itself. */
export function registerModule(target: object, info: ModuleInfo): void {
  Reflect.defineMetadata(KEY, info, target);
}

/** What the decorator on this very class (not a base class) learned. */
export function moduleInfo(target: object): ModuleInfo | undefined {
  return Reflect.getOwnMetadata(KEY, target) as ModuleInfo | undefined;
}

import { TankaError } from '../errors/tanka-error.js';
import { maybeCurrentFrame, type Activation } from './frame.js';
import { uniqueName, type ForcedName } from './names.js';
import { moduleInfo } from './registry.js';

/** What every module takes in its trailing options. */
export interface ModuleOptions {
  /** Name of the module among its siblings. Default: from the class. */
  readonly name?: string | ForcedName | undefined;
}

/**
 * Base class of all modules: a class that makes parameters, state and submodules in its constructor and methods.
 *
 * Subclasses carry the {@link module} decorator and are made inside a function given to `transform`.
 *
 * @throws `module-outside-transform`, `module-not-decorated`, `module-name-invalid`, `module-name-not-unique`
 */
export abstract class Module {
  /** Last part of {@link moduleName}. */
  readonly name: string;
  /** Full name, under which the parameters are stored: `encoder/~/layer_norm`. */
  readonly moduleName: string;

  constructor(nameOrOptions?: string | ForcedName | ModuleOptions) {
    const frame = maybeCurrentFrame();
    const info = moduleInfo(new.target);
    if (frame === undefined) {
      throw new TankaError(
        'module-outside-transform',
        `${new.target.name} was made outside of a transformed function. Make modules inside the function given to hk.transform: ` +
          `hk.transform((x) => new ${new.target.name}(…).call(x)).`,
      );
    }
    if (info === undefined) {
      throw new TankaError(
        'module-not-decorated',
        `The class ${new.target.name || '(anonymous)'} extends a module but has no @hk.module() decorator of its own. ` +
          `Write @hk.module() above the class, or hk.module()(class …).`,
      );
    }
    const options: ModuleOptions =
      typeof nameOrOptions === 'object' && !('path' in nameOrOptions)
        ? nameOrOptions
        : { name: nameOrOptions };
    const own = frame.activations[frame.activations.length - 1];
    const caller = frame.activations[frame.activations.length - 2] as Activation | undefined;
    if (caller?.module === null) {
      throw new TankaError(
        'super-not-called',
        `${new.target.name} was made before its parent called \`super(...)\`. Call \`super\` first in the constructor.`,
      );
    }
    const prefix = caller === undefined ? '' : `${caller.module.moduleName}/${caller.prefix}`;
    this.moduleName = uniqueName(caller ?? frame.root, prefix, options.name ?? info.name);
    this.name = this.moduleName.slice(this.moduleName.lastIndexOf('/') + 1);
    own.module = this;
  }
}

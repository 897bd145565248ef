import { TankaError } from '../errors/tanka-error.js';
import {
  currentFrame,
  currentScope,
  nameOf,
  runActivation,
  topActivation,
  type Frame,
  type ScopeOwner,
} from './frame.js';
import { methodPrefix } from './decorators.js';
import { ForcedName, uniqueName } from './names.js';

/** Options of {@link nameScope}. */
export interface NameScopeOptions {
  /** Names modules as if made in this method of a module with the scope's name. Default `call`, which adds nothing. */
  readonly methodName?: string;
}

function enter(frame: Frame, part: string | ForcedName): ScopeOwner {
  const top = topActivation(frame);
  const prefix = top === undefined ? '' : `${nameOf(top.module)}/${top.prefix}`;
  return { moduleName: uniqueName(currentScope(frame).names, prefix, part), frameId: frame.id };
}

/**
 * Runs `f`; parameters, state and modules that it makes are named as those of a module called `name`.
 *
 * @param name parts joined by `/` make scopes within scopes. The name is taken even when `f` makes nothing.
 * @throws `outside-transform`, `module-name-invalid`, `module-name-not-unique`
 */
export function nameScope<R>(name: string | ForcedName, f: () => R, options: NameScopeOptions = {}): R {
  const frame = currentFrame('nameScope');
  if (typeof name === 'string' && name.startsWith('/')) {
    throw new TankaError(
      'module-name-invalid',
      `The name scope '${name}' begins with '/'. Leave the '/' out, or use hk.forceName for an absolute name.`,
    );
  }
  const prefix = methodPrefix(options.methodName ?? 'call');
  // Other than strings are refused like every name.
  const parts = typeof name === 'string' ? name.split('/') : [name];
  const open = (i: number): R => {
    const scope = enter(frame, parts[i]);
    return runActivation(frame, scope, prefix, i + 1 === parts.length ? f : () => open(i + 1));
  };
  return open(0);
}

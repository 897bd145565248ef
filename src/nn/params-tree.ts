import type { Tensor } from '@tensorflow/tfjs-core';
import type { Params } from '../module/frame.js';

/** Where the names of parameters, `module/~/submodule/w`, become names of modules. */
export interface ParamsTreeNames {
  /** What `~` becomes; `/` becomes `__`. */
  readonly tilde: string;
  /** Parameters whose full name starts with a match of this regular expression are left as they are; `''` leaves out none. */
  readonly ignoreRegex: string;
}

/** Applies `f` to the parameters that are not ignored, each with a module name made of its full name. */
export function mapParams(
  params: Params,
  { tilde, ignoreRegex }: ParamsTreeNames,
  f: (value: Tensor, name: string) => Tensor,
): Params {
  const ignored = ignoreRegex === '' ? null : new RegExp(`^(?:${ignoreRegex})`);
  const bundles = Object.entries(params).map(([moduleName, values]) => [
    moduleName,
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const fullName = `${moduleName}/${name}`;
        if (ignored?.test(fullName) === true) return [name, value];
        return [name, f(value, fullName.replaceAll('/', '__').replaceAll('~', tilde))];
      }),
    ),
  ]);
  return Object.fromEntries(bundles) as Params;
}

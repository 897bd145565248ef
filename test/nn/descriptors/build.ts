import { Module } from '../../../src/index.js';
import { moduleInfo } from '../../../src/module/registry.js';
import type { Library } from './descriptor.js';

/** Arguments as the goldens write them: Haiku's names, special values under `$` keys. */
export type GoldenArguments = Readonly<Record<string, unknown>>;

/** `w_init` → `wInit`. */
export function toCamelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `VarianceScaling` → `varianceScaling`. */
function toFactoryName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

interface Callable {
  call(...args: unknown[]): unknown;
}
type AnyConstructor = new (...args: unknown[]) => Callable;

function member(namespace: object, name: string): unknown {
  const value = (namespace as Readonly<Record<string, unknown>>)[name];
  if (value === undefined) throw new Error(`The library does not export '${name}' there.`);
  return value;
}

/** The class of that name in `hk` or `hk.nets`. */
export function findClass(hk: Library, name: string): AnyConstructor {
  const place = name in hk ? hk : hk.nets;
  return member(place, name) as AnyConstructor;
}

/** The golden's description of a value, as a value. */
export function resolve(hk: Library, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(hk, item));
  if (value === null || typeof value !== 'object') return value;
  const spec = value as GoldenArguments;
  if (typeof spec.$init === 'string') {
    const args = resolveArguments(hk, (spec.args ?? {}) as GoldenArguments);
    const factory = member(hk.initializers, toFactoryName(spec.$init)) as (...xs: unknown[]) => unknown;
    return 'constant' in args ? factory(args.constant) : factory(args);
  }
  if (typeof spec.$fn === 'string') return member(hk.nn, toCamelCase(spec.$fn));
  if (typeof spec.$pad === 'string')
    return member((hk as unknown as { pad: object }).pad, toCamelCase(spec.$pad));
  if (Array.isArray(spec.$slice)) {
    const [start, stop, step] = spec.$slice as (number | null)[];
    return { start: start ?? undefined, stop: stop ?? undefined, step: step ?? undefined };
  }
  if (spec.$module !== undefined) {
    const { module, args } = spec.$module as { module: string; args?: GoldenArguments };
    return buildModule(hk, module, args);
  }
  return resolveArguments(hk, spec);
}

/** Arguments with camelCase names and real values. */
export function resolveArguments(hk: Library, args: GoldenArguments): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [toCamelCase(name), resolve(hk, value)]),
  );
}

/** Constructs a layer from a golden's arguments: positional ones first, as its decorator lists them, the rest as options. */
export function buildModule(hk: Library, name: string, args: GoldenArguments = {}): Callable {
  const options = resolveArguments(hk, args);
  const constructor = findClass(hk, name);
  const positional = (moduleInfo(constructor)?.signature?.positional ?? []).map((argument) => {
    if (!(argument in options)) throw new Error(`The golden of ${name} has no argument '${argument}'.`);
    const value = options[argument];
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete options[argument];
    return value;
  });
  return new constructor(...positional, options);
}

/** Calls a layer with a golden's call arguments: `isTraining` is positional after the inputs, the rest are options. */
export function callModule(
  hk: Library,
  layer: Callable,
  inputs: readonly unknown[],
  call: GoldenArguments,
): unknown {
  const { isTraining, ...options } = resolveArguments(hk, call);
  const flags = isTraining === undefined ? [] : [isTraining];
  const rest = Object.keys(options).length === 0 ? [] : [options];
  return layer.call(...inputs, ...flags, ...rest);
}

/** The exported classes that are modules, by name. */
export function exportedModules(hk: Library): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const place of [hk, hk.nets]) {
    for (const [name, value] of Object.entries(place) as [string, unknown][]) {
      const isModule = typeof value === 'function' && value.prototype instanceof Module;
      if (isModule && moduleInfo(value) !== undefined) found.set(name, value);
    }
  }
  return found;
}

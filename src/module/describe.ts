import { isTensor } from '../backend/engine.js';
import type { ModuleInfo } from './registry.js';

/** Longer descriptions get a line for each argument, as Haiku breaks them. */
const MAX_LINE = 80;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function showEntries(entries: readonly (readonly [string, unknown])[], depth = 0): string[] {
  return entries.map(([key, value]) => `${IDENTIFIER.test(key) ? key : show(key)}: ${show(value, depth)}`);
}

/** A value as it would be written in source, as far as it can be. */
export function show(value: unknown, depth = 0): string {
  if (typeof value === 'string') return `'${value.replace(/['\\]/g, '\\$&').replace(/\n/g, '\\n')}'`;
  if (typeof value === 'bigint') return `${value}n`;
  // TensorFlow.js ends the names of its operations in `__op`.
  if (typeof value === 'function') return value.name.replace(/__op$/, '') || '<function>';
  if (typeof value !== 'object' || value === null) return String(value);
  if (isTensor(value)) return `Tensor(${value.dtype}[${String(value.shape)}])`;
  if (depth > 4) return '…';
  if (Array.isArray(value)) return `[${value.map((item: unknown) => show(item, depth + 1)).join(', ')}]`;
  if (isPlain(value)) {
    const inside = Object.entries(value).filter(([, item]) => item !== undefined);
    return inside.length === 0 ? '{}' : `{ ${showEntries(inside, depth + 1).join(', ')} }`;
  }
  const own = Object.prototype.toString !== value.toString ? String(value) : '';
  return own !== '' && !own.startsWith('[object') ? own : `<${value.constructor.name}>`;
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b) || isTensor(a) || isTensor(b)) return false;
  if (!Array.isArray(a) && !(isPlain(a) && isPlain(b))) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

function lines(open: string, parts: readonly string[], close: string, padding: string): string {
  const flat = `${open}${padding}${parts.join(', ')}${padding}${close}`;
  return flat.length <= MAX_LINE
    ? flat
    : `${open}\n${parts.map((part) => `    ${part},\n`).join('')}${close}`;
}

/** A module's constructor call, without the arguments that have their default values. */
export function describeModule(
  target: { readonly name: string; readonly autoRepr: boolean },
  info: ModuleInfo | undefined,
  args: readonly unknown[] | undefined,
): string {
  const className = info?.className ?? target.name;
  if (!target.autoRepr || args === undefined) return `<${className}>`;
  const signature = info?.signature;
  if (signature === undefined) {
    const given = [...args];
    while (given.length > 0 && given[given.length - 1] === undefined) given.pop();
    const shown = given.map((arg) => show(arg));
    if (shown.length === 1 && shown[0] === '{}') shown.pop();
    return lines(`${className}(`, shown, ')', '');
  }
  const positional = signature.positional ?? [];
  const named: [string, unknown][] = positional.map((name, i) => [name, args[i]]);
  const rest = args[positional.length];
  if (typeof rest === 'object' && rest !== null && isPlain(rest)) named.push(...Object.entries(rest));
  else if (rest !== undefined) named.push(['name', rest]);
  const defaults = (signature.defaults ?? {}) as Readonly<Record<string, unknown>>;
  const shown = named.filter(
    ([name, value]) => value !== undefined && !(Object.hasOwn(defaults, name) && same(value, defaults[name])),
  );
  return shown.length === 0 ? `${className}()` : lines(`${className}({`, showEntries(shown), '})', ' ');
}

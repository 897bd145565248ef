import { isTensor } from '../backend/engine.js';
import { isNode, isPlainObject } from '../tree/tree.js';
import type { ModuleInfo } from './registry.js';

/** Longer descriptions get a line for each argument, as Haiku breaks them. */
const MAX_LINE = 80;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

function showEntries(entries: readonly (readonly [string, unknown])[], depth = 0): string[] {
  return entries
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${IDENTIFIER.test(key) ? key : show(key)}: ${show(value, depth)}`);
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
  if (isPlainObject(value)) {
    const inside = showEntries(Object.entries(value), depth + 1).join(', ');
    return inside ? `{ ${inside} }` : '{}';
  }
  const own = String(value);
  return !own || own.startsWith('[object') ? `<${value.constructor.name}>` : own;
}

/** Objects and arrays that are shown alike are the same; instances of classes may differ in what is not shown. */
function same(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (isNode(a) && show(a) === show(b));
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
    const last = args.findLastIndex((arg) => arg !== undefined);
    const shown = args.slice(0, last + 1).map((arg) => show(arg));
    return lines(`${className}(`, shown.join() === '{}' ? [] : shown, ')', '');
  }
  const { positional = [], defaults = {} } = signature;
  const rest = args[positional.length];
  const named = [
    ...positional.map((name, i): [string, unknown] => [name, args[i]]),
    ...Object.entries(isPlainObject(rest) ? rest : { name: rest }),
  ];
  const shown = showEntries(
    named.filter(
      ([name, value]) => !(Object.hasOwn(defaults, name) && same(value, defaults[name as keyof object])),
    ),
  );
  return shown.length === 0 ? `${className}()` : lines(`${className}({`, shown, '})', ' ');
}

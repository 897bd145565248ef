import { TankaError } from '../errors/tanka-error.js';

const IDENTIFIER = /^[A-Za-z_]\w*$/;
const NUMBERED = /^(.*)_(\d|[1-9]\d+)$/;
const FORCED_PART = /^(~|~?[A-Za-z_]\w*)$/;

/** The names taken in one activation of a method, and the next free number of each base name. `null` while there are none. */
export interface NameScope {
  counters: Map<string, number> | null;
  used: Set<string> | null;
}

/** An empty {@link NameScope}. */
export function newNameScope(): NameScope {
  return { counters: null, used: null };
}

/** A {@link NameScope} that goes its own way from here. */
export function copyNameScope(scope: NameScope): NameScope {
  return {
    counters: scope.counters && new Map(scope.counters),
    used: scope.used && new Set(scope.used),
  };
}

/** An absolute module name, made by {@link forceName}. */
export class ForcedName {
  constructor(readonly path: string) {}

  toString(): string {
    return this.path;
  }
}

/**
 * A module name that is used as it is: no prefix of the parent, no number to make it unique. Two modules
 * forced to one name share their parameters.
 *
 * @param path parts joined by `/`; `~` and `~method` are allowed as parts
 * @throws `module-name-invalid`
 */
export function forceName(path: string): ForcedName {
  if (typeof path !== 'string' || !path.split('/').every((part) => FORCED_PART.test(part))) {
    throw invalidName(path);
  }
  return new ForcedName(path);
}

/** Haiku's rule from class or method names to path parts: `Conv2DLSTM` → `conv2_dlstm`. */
export function toSnakeCase(name: string): string {
  return name.replace(/((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))/g, '_$1').toLowerCase();
}

function invalidName(name: unknown): TankaError {
  return new TankaError(
    'module-name-invalid',
    `'${String(name)}' is not a valid module name: use a letter or '_', then letters, digits and '_'. ` +
      'Pass such a `name`, or use @hk.module(name).',
  );
}

/** @throws `module-name-invalid` */
export function checkName(name: unknown): string {
  if (typeof name !== 'string' || !IDENTIFIER.test(name)) throw invalidName(name);
  return name;
}

/** A name without its explicit number (`foo_1` → `foo`, 1); leading zeros make no number. */
function splitNumber(name: string): { base: string; number: number | null } {
  // Few names end in a digit, and this runs for every module of every apply.
  const match = name[name.length - 1] <= '9' ? NUMBERED.exec(name) : null;
  return match ? { base: match[1], number: Number(match[2]) } : { base: name, number: null };
}

/**
 * The full name of a module made in `scope` under `prefix`, which it reserves there: a name that is taken gets the
 * next free number, an explicit number (`foo_1`) is kept.
 *
 * @throws `module-name-not-unique` when a name with an explicit number is taken.
 */
export function uniqueName(scope: NameScope, prefix: string, name: string | ForcedName): string {
  const forced = name instanceof ForcedName;
  const given = forced ? name.path : prefix + checkName(name);
  const { base, number } = splitNumber(given);
  const next = number ?? (forced ? 0 : (scope.counters?.get(base) ?? 0));
  const full = number === null && next > 0 ? `${base}_${next}` : given;
  const used = (scope.used ??= new Set<string>());
  if (!forced && used.has(full)) {
    throw new TankaError(
      'module-name-not-unique',
      `The module name '${full}' is taken. Leave the number out for the next free one, or choose another name.`,
    );
  }
  used.add(full);
  const counters = (scope.counters ??= new Map<string, number>());
  counters.set(base, Math.max(counters.get(base) ?? 0, next + 1));
  return full;
}

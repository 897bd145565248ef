import { TankaError } from '../errors/tanka-error.js';
import { show } from '../module/describe.js';
import { moduleInfo } from '../module/registry.js';
import { formatBytes, formatCount } from '../tree/format.js';
import type { ArraySpec } from './array-spec.js';
import {
  evalSummary,
  type MethodInvocation,
  type ModuleDetails,
  type ShapedArguments,
  type Summarized,
} from './eval-summary.js';
import { grid } from './grid.js';

/** One call of a module's method, as {@link tabulate} shows it. */
export interface SummaryRow {
  /** Name, class and method, and those of the callers, the outermost last. */
  readonly module: readonly string[];
  /** The constructor call. */
  readonly config: string;
  /** Parameters of the module itself, the largest first. */
  readonly owned_params: Readonly<Record<string, ArraySpec>>;
  readonly input: readonly unknown[];
  readonly output: unknown;
  /** Number of values in the parameters of the module and of those within. */
  readonly params_size: number;
  readonly params_bytes: number;
  /** Floating-point operations of the call and of those within. */
  readonly flops: number;
  /** Bytes that the kernels of the call and of those within read and write. */
  readonly moved_bytes: number;
}

/** Name of a column of {@link tabulate}. */
export type SummaryColumn = keyof SummaryRow;

/** `has_output`: the method returns something. `has_params`: its module, or one within, has parameters. */
export type SummaryFilter = 'has_output' | 'has_params';

/** Options of {@link tabulate}. */
export interface TabulateOptions {
  /** Default: all but `flops` and `moved_bytes`. */
  readonly columns?: readonly SummaryColumn[];
  /** Calls that do not pass all of them are left out. Default `['has_output']`. */
  readonly filters?: readonly SummaryFilter[];
  /** A table as text, or its rows. Default `text`. */
  readonly format?: 'text' | 'rows';
}

interface Column<K extends SummaryColumn> {
  readonly header: string;
  readonly value: (call: MethodInvocation) => SummaryRow[K];
  readonly text: (value: SummaryRow[K]) => string;
  readonly right?: boolean;
}

function title({ module, methodName }: ModuleDetails): string {
  const className = moduleInfo(module.constructor)?.className ?? module.constructor.name;
  return `${module.moduleName} (${methodName === 'call' ? className : `${className}.${methodName}`})`;
}

function ownedParams({ module, params }: ModuleDetails): Record<string, ArraySpec> {
  const own = Object.entries(params).flatMap(([path, spec]) => {
    const at = path.lastIndexOf('/');
    return path.slice(0, at) === module.moduleName ? [[path.slice(at + 1), spec] as const] : [];
  });
  own.sort(([a, x], [b, y]) => y.size - x.size || (a < b ? -1 : 1));
  return Object.fromEntries(own);
}

function total(of: (spec: ArraySpec) => number): (call: MethodInvocation) => number {
  return ({ moduleDetails }) => Object.values(moduleDetails.params).reduce((sum, spec) => sum + of(spec), 0);
}

const COLUMNS: { readonly [K in SummaryColumn]: Column<K> } = {
  module: {
    header: 'Module',
    value: ({ callStack }) => callStack.map(title),
    text: (titles) => titles.join('\n └ '),
  },
  config: { header: 'Config', value: ({ moduleDetails }) => String(moduleDetails.module), text: String },
  owned_params: {
    header: 'Module params',
    value: ({ moduleDetails }) => ownedParams(moduleDetails),
    text: (params) =>
      Object.entries(params)
        .map(([name, spec]) => `${name}: ${String(spec)}`)
        .join('\n'),
  },
  input: {
    header: 'Input',
    value: ({ argsSpec }) => argsSpec,
    text: (args) => args.map((arg) => show(arg)).join(', '),
  },
  output: { header: 'Output', value: ({ outputSpec }) => outputSpec, text: (output) => show(output) },
  params_size: { header: 'Param count', value: total(({ size }) => size), text: formatCount, right: true },
  params_bytes: { header: 'Param bytes', value: total(({ bytes }) => bytes), text: formatBytes, right: true },
  flops: { header: 'FLOPs', value: ({ flops }) => flops, text: formatCount, right: true },
  moved_bytes: {
    header: 'Bytes moved',
    value: ({ movedBytes }) => movedBytes,
    text: formatBytes,
    right: true,
  },
};

const DEFAULT_COLUMNS: readonly SummaryColumn[] = [
  'module',
  'config',
  'owned_params',
  'input',
  'output',
  'params_size',
  'params_bytes',
];

const FILTERS: Readonly<Record<SummaryFilter, (call: MethodInvocation) => boolean>> = {
  has_output: ({ outputSpec }) => outputSpec !== null && outputSpec !== undefined,
  has_params: ({ moduleDetails }) => Object.keys(moduleDetails.params).length > 0,
};

function checkKnown(what: string, given: readonly string[], known: object): void {
  const unknown = given.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  throw new TankaError(
    'summary-option-invalid',
    `hk.tabulate has no ${what} ${unknown.map((name) => `'${name}'`).join(', ')}. Those that it has: ${Object.keys(known).join(', ')}.`,
  );
}

/**
 * A table of the calls of module methods that `f` makes, as Haiku's: names, constructor calls, parameters, inputs, outputs, counts. `f`
 * runs for shapes alone, also on `{ shape, dtype }` in place of tensors: see {@link evalSummary}.
 *
 * @throws `summary-option-invalid` for an unknown column or filter
 */
export function tabulate<F extends Summarized, const Format extends 'text' | 'rows' = 'text'>(
  f: F,
  options: TabulateOptions & { readonly format?: Format } = {},
): (...args: ShapedArguments<F>) => Format extends 'rows' ? Partial<SummaryRow>[] : string {
  const { columns = DEFAULT_COLUMNS, filters = ['has_output'], format = 'text' } = options;
  checkKnown('column', columns, COLUMNS);
  checkKnown('filter', filters, FILTERS);
  const summary = evalSummary(f);
  const chosen = columns.map((name) => ({ name, ...(COLUMNS[name] as unknown as Column<never>) }));
  const table = (...args: ShapedArguments<F>): Partial<SummaryRow>[] | string => {
    const calls = summary(...args).filter((call) => filters.every((name) => FILTERS[name](call)));
    if (format === 'rows') {
      return calls.map((call) => Object.fromEntries(chosen.map(({ name, value }) => [name, value(call)])));
    }
    if (calls.length === 0) return 'No modules matching filters.';
    return grid(
      chosen.map(({ header, right = false }) => ({ header, right })),
      calls.map((call) => chosen.map(({ text, value }) => text(value(call)))),
    );
  };
  return table as never;
}

import type { RawKernels } from '../backend/wasm/exports.js';
import { TankaError } from '../errors/tanka-error.js';
import type { FlatCall } from './flat.js';
import type { Memory } from './program.js';
import { TILE } from './tiles.js';
import type { RawCall } from './trace.js';

/** What a call of a heap program works on besides its values. */
export interface Run {
  readonly memory: Memory;
  /** The address of each slot: buffers first, temporaries behind them. */
  readonly addresses: Float64Array;
}

export type Step = (run: Run) => void;

type RawFunction = (...values: readonly number[]) => number | undefined;

/** An argument that changes from call to call: which one, and where its address comes from. */
interface Patch {
  readonly argument: number;
  readonly slot: number;
  readonly offset: number;
}

/** A raw call with the addresses that are the same in every call filled in, and those to come. `fixed` is NaN for the latter. */
function bind(
  call: RawCall,
  slots: readonly number[],
  fixed: Float64Array,
): { args: number[]; patches: Patch[] } {
  const patches: Patch[] = [];
  const args = call.arguments.map((argument, i) => {
    if (typeof argument === 'number') return argument;
    const slot = slots[argument.place];
    if (!Number.isNaN(fixed[slot])) return fixed[slot] + argument.offset;
    patches.push({ argument: i, slot, offset: argument.offset });
    return 0;
  });
  return { args, patches };
}

function functionOf(kernels: RawKernels, name: string): RawFunction {
  const f = (kernels as unknown as Readonly<Record<string, RawFunction>>)[name];
  if (name !== 'gather') return f;
  // The one function that answers: with the place of an index outside, as its kernel does.
  return (...args) => {
    const bad = f(...args) as number;
    if (bad < 0) return bad;
    throw new TankaError(
      'wasm-index-out-of-range',
      `gather in a function made by hk.jit: entry ${bad} of the indices lies outside of [0, ${args[2]}). ` +
        'Clip the indices first if such values are meant.',
    );
  };
}

/** A raw call as a step; `undefined` for one that does nothing. */
export function rawStep(
  call: RawCall,
  kernels: RawKernels,
  slots: readonly number[],
  fixed: Float64Array,
): Step | undefined {
  const f = functionOf(kernels, call.name);
  const { args, patches } = bind(call, slots, fixed);
  // A copy of what is written over where it lies, see `storage.ts`.
  if (call.name === 'copyRows' && patches.length === 0 && args[2] === args[4]) return undefined;
  if (patches.length === 0) return () => f(...args);
  return ({ addresses }) => {
    for (const { argument, slot, offset } of patches) args[argument] = addresses[slot] + offset;
    f(...args);
  };
}

/** One node of a group that runs tile by tile. */
export interface TiledCall {
  readonly call: RawCall;
  readonly flat: FlatCall;
  readonly slots: readonly number[];
  /** For each of its operands, by how many bytes an entry moves; 0 for memory of one tile. */
  readonly moves: readonly number[];
}

/** A group of flat calls as one step. */
export function tiledStep(group: readonly TiledCall[], kernels: RawKernels, fixed: Float64Array): Step {
  const { count } = group[0].flat;
  const bound = group.map(({ call, flat, slots, moves }) => ({
    f: functionOf(kernels, call.name),
    ...bind(call, slots, fixed),
    countArgument: flat.countArgument,
    walks: flat.operands.flatMap(({ argument }, i) =>
      moves[i] === 0 ? [] : [{ argument, step: moves[i] * TILE, base: 0 }],
    ),
  }));
  return ({ addresses }) => {
    for (const { args, patches, walks } of bound) {
      for (const { argument, slot, offset } of patches) args[argument] = addresses[slot] + offset;
      for (const walk of walks) walk.base = args[walk.argument];
    }
    for (let tile = 0; tile * TILE < count; tile++) {
      const entries = Math.min(TILE, count - tile * TILE);
      for (const { f, args, countArgument, walks } of bound) {
        args[countArgument] = entries;
        for (const { argument, step, base } of walks) args[argument] = base + tile * step;
        f(...args);
      }
    }
    // What was filled in once has to be found as it was.
    for (const { args, walks } of bound) for (const { argument, base } of walks) args[argument] = base;
  };
}

import {
  getKernel,
  type DataType,
  type KernelConfig,
  type KernelFunc,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { traceHeap, type HeapTracer } from '../backend/wasm/heap.js';
import type { RawKernels } from '../backend/wasm/exports.js';
import { isOwnKernel } from '../backend/wasm/kernel.js';
import { attentionKernels } from './attention-kernel.js';
import { planKernels } from './plan-kernels.js';
import { recurrentKernels } from './recurrent-kernels.js';
import { bytesOf, kernelInputs, type BufferId, type KernelNode, type View } from './graph.js';

/** A place that a traced kernel reads or writes. */
export type Place =
  | { readonly kind: 'input'; readonly view: View }
  | { readonly kind: 'output'; readonly view: View }
  | { readonly kind: 'temporary'; readonly bytes: number }
  /** A copy of a buffer in another layout, which stays from call to call. */
  | { readonly kind: 'packed'; readonly view: View; readonly layout: string; readonly bytes: number }
  | { readonly kind: 'scratch'; readonly bytes: number };

/** An argument of a raw function: a number, or an address as a place and an offset in bytes. */
export type Argument = number | { readonly place: number; readonly offset: number };

/** One call of a raw function. */
export interface RawCall {
  readonly name: keyof RawKernels;
  readonly arguments: readonly Argument[];
}

/** Integers that a kernel puts into its scratch for a raw function to read; the same in every call. */
export interface Table {
  readonly place: number;
  /** In bytes. */
  readonly offset: number;
  readonly values: readonly number[];
}

/** The calls that fill a packed copy: to be made when the buffer that it is a copy of has other values. */
export interface Pack {
  readonly place: number;
  readonly calls: readonly RawCall[];
}

/** What a kernel does to memory. */
export interface TracedKernel {
  readonly places: readonly Place[];
  readonly calls: readonly RawCall[];
  readonly tables: readonly Table[];
  /** How to fill the places that are packed copies. */
  readonly packs: readonly Pack[];
  /** Places of the node's outputs, in order. */
  readonly outputs: readonly number[];
}

/**
 * Traced kernels compute with addresses that no memory has: place `i` begins at `(i + 1) * WINDOW`. They are larger than any number
 * that is not an address, and far enough apart for offsets into 4 GB; sums of them stay exact.
 */
const WINDOW = 2 ** 34;

class Tracer implements HeapTracer {
  readonly places: Place[] = [];
  readonly calls: RawCall[] = [];
  readonly tables: Table[] = [];
  readonly packs: Pack[] = [];
  readonly raw: RawKernels;
  readonly #places = new Map<object, number>();

  constructor(
    real: RawKernels,
    private readonly isLasting: (buffer: BufferId) => boolean,
  ) {
    const exports = real as unknown as Readonly<Record<string | symbol, (...values: number[]) => number>>;
    // Of an empty object: the exports of an instance are frozen, and a proxy must show frozen properties as they are.
    this.raw = new Proxy({} as RawKernels, {
      get: (_, name) => {
        const f = exports[name];
        return (...args: number[]): number => {
          // Without an address it is a question about sizes, to be answered now.
          if (!args.some((value) => value >= WINDOW)) return f(...args);
          this.calls.push({ name: name as keyof RawKernels, arguments: args.map(toArgument) });
          return NaN;
        };
      },
    });
  }

  add(place: Place, shape: readonly number[], dtype: DataType): TensorInfo {
    const dataId = {};
    this.#places.set(dataId, this.places.length);
    this.places.push(place);
    return { dataId, shape: [...shape], dtype };
  }

  /** The place of a tensor that this tracer made. */
  placeOf(tensor: TensorInfo): number {
    const place = this.#places.get(tensor.dataId);
    if (place === undefined) throw new Error('The tensor comes from outside of the trace.');
    return place;
  }

  address(tensor: TensorInfo): number {
    return (this.placeOf(tensor) + 1) * WINDOW;
  }

  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo {
    return this.add({ kind: 'temporary', bytes: bytesOf({ shape, dtype }) }, shape, dtype);
  }

  discard(): void {
    // The memory plan finds out by itself when a temporary is last used.
  }

  withScratch<Result>(bytes: number, body: (pointer: number) => Result): Result {
    // Each piece of scratch is a place of its own, as tables in it may have to stay.
    this.places.push({ kind: 'scratch', bytes });
    return body(this.places.length * WINDOW);
  }

  packed(
    weight: TensorInfo,
    layout: string,
    bytes: number,
    pack: (pointer: number) => void,
  ): number | undefined {
    const source = this.places[this.placeOf(weight)];
    if (source.kind !== 'input' || !this.isLasting(source.view.buffer)) return undefined;
    const place = this.places.length;
    this.places.push({ kind: 'packed', view: source.view, layout, bytes });
    const pointer = (place + 1) * WINDOW;
    const before = this.calls.length;
    pack(pointer);
    this.packs.push({ place, calls: this.calls.splice(before) });
    return pointer;
  }

  writeTable(pointer: number, values: readonly number[]): void {
    const place = Math.floor(pointer / WINDOW) - 1;
    const offset = pointer % WINDOW;
    const end = offset + 4 * values.length;
    // Written once when the plan is made, a table cannot change between the calls of one kernel.
    const overlaps = (table: Table): boolean =>
      table.place === place && table.offset < end && offset < table.offset + 4 * table.values.length;
    if (this.tables.some(overlaps)) throw new Error('A table is written over another.');
    this.tables.push({ place, offset, values: [...values] });
  }
}

function toArgument(value: number): Argument {
  return value < WINDOW ? value : { place: Math.floor(value / WINDOW) - 1, offset: value % WINDOW };
}

const onlyInPlans = new Map(
  [...planKernels, ...recurrentKernels, ...attentionKernels].map((one) => [one.kernelName, one.kernelFunc]),
);

function tracedFunction(name: string): KernelFunc | undefined {
  const config = getKernel(name, 'wasm') as KernelConfig | undefined;
  if (config !== undefined && isOwnKernel(config)) return config.kernelFunc;
  return onlyInPlans.get(name);
}

/**
 * The raw calls that a kernel of ours makes for a node; `undefined` for kernels of others and for those that read memory
 * themselves, which have to be called.
 *
 * @param isLasting whether a buffer has the same values in most calls of a plan, so that a packed copy of it is worth its memory
 */
export function traceKernel(
  node: KernelNode,
  real: RawKernels,
  isLasting: (buffer: BufferId) => boolean = () => false,
): TracedKernel | undefined {
  const run = tracedFunction(node.name);
  if (run === undefined) return undefined;
  const tracer = new Tracer(real, isLasting);
  const input = (view: View): TensorInfo => tracer.add({ kind: 'input', view }, view.shape, view.dtype);
  const inputs = kernelInputs(node, input);
  let made: TensorInfo | TensorInfo[];
  try {
    made = traceHeap(tracer, () =>
      run({
        inputs,
        attrs: node.attributes as NamedAttrMap,
        backend: {},
      }),
    );
  } catch {
    return undefined;
  }
  const outputs = (Array.isArray(made) ? made : [made]).map((tensor) => tracer.placeOf(tensor));
  // Of a file, whose shapes may be wrong: then the kernel is called, and what it makes is checked.
  if (outputs.length !== node.outputs.length) return undefined;
  const places = [...tracer.places];
  for (const [i, place] of outputs.entries()) {
    const made = places[place];
    // A kernel that hands out its input (a cast to the same dtype) would need its memory counted twice.
    if (made.kind !== 'temporary' || made.bytes !== bytesOf(node.outputs[i])) return undefined;
    places[place] = { kind: 'output', view: node.outputs[i] };
  }
  return { places, calls: tracer.calls, tables: tracer.tables, packs: tracer.packs, outputs };
}

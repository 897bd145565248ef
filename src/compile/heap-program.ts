import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { RawKernels } from '../backend/wasm/exports.js';
import { address, allocate, makeOutput, release, wasmBackend, writeTable } from '../backend/wasm/heap.js';
import type { PRNGKey } from '../random/key.js';
import { layOut, type Lifetime } from './arena.js';
import { bytesOf, resultViews, viewsRead, type BufferId, type Graph, type View } from './graph.js';
import { buffersFreedAfter } from './liveness.js';
import {
  kernelCall,
  newMemory,
  runRandomNode,
  takeResults,
  writeConstants,
  type DataId,
  type Memory,
  type Program,
} from './program.js';
import { traceKernel, type RawCall, type TracedKernel } from './trace.js';

/** What a call of a heap program works on besides its values. */
interface Run {
  readonly memory: Memory;
  /** The address of each buffer, and of temporaries behind them. */
  readonly addresses: Float64Array;
}

type Step = (run: Run) => void;

/** An argument that changes from call to call: which one, and where its address comes from. */
interface Patch {
  readonly argument: number;
  readonly slot: number;
  readonly offset: number;
}

/** A raw call with the addresses that are known now filled in. */
function rawStep(call: RawCall, kernels: RawKernels, slots: readonly number[], fixed: Float64Array): Step {
  const f = (kernels as unknown as Record<string, (...values: readonly number[]) => void>)[call.name];
  const patches: Patch[] = [];
  const args = call.arguments.map((argument, i) => {
    if (typeof argument === 'number') return argument;
    const slot = slots[argument.place];
    if (!Number.isNaN(fixed[slot])) return fixed[slot] + argument.offset;
    patches.push({ argument: i, slot, offset: argument.offset });
    return 0;
  });
  if (patches.length === 0) return () => f(...args);
  return ({ addresses }) => {
    for (const { argument, slot, offset } of patches) args[argument] = addresses[slot] + offset;
    f(...args);
  };
}

/**
 * A program for the WASM backend with our kernels: a flat list of raw calls on memory that was laid out once. Kernels that cannot be
 * traced and random operations are called as they are.
 */
export class HeapProgram implements Program {
  readonly arenaBytes: number;
  readonly #host: BackendWasm;
  readonly #steps: Step[] = [];
  readonly #constants: ReadonlyMap<BufferId, DataId>;
  readonly #arena: number;
  /** Addresses that are the same in every call; NaN for the others. */
  readonly #fixed: Float64Array;
  /** Buffers that a call allocates for its results. */
  readonly #allocated: readonly View[];

  constructor(
    private readonly graph: Graph,
    kernels: RawKernels,
  ) {
    this.#host = wasmBackend();
    const traced = graph.nodes.map((node) =>
      node.kind === 'kernel' ? traceKernel(node, kernels) : undefined,
    );
    this.#constants = writeConstants(graph, this.#host);
    const results = new Set(resultViews(graph).map((view) => view.buffer));
    const planned = graph.nodes.flatMap((node, i) => (traced[i] === undefined ? [] : node.outputs));
    this.#allocated = planned.filter((view) => results.has(view.buffer));

    const { slots, slotCount, lifetimes, lifetimeSlots } = this.#layOut(
      traced,
      new Set(planned.map((view) => view.buffer)),
      results,
    );
    const { offsets, bytes } = layOut(lifetimes);
    this.arenaBytes = bytes;
    this.#arena = allocate(bytes + 64);
    this.#fixed = new Float64Array(slotCount).fill(NaN);
    const base = Math.ceil(this.#arena / 64) * 64;
    lifetimeSlots.forEach((slot, i) => (this.#fixed[slot] = base + offsets[i]));
    for (const [buffer, dataId] of this.#constants) this.#fixed[buffer] = this.#addressOf(dataId);
    traced.forEach((trace, i) =>
      trace?.tables.forEach(({ place, offset, values }) => {
        writeTable(this.#fixed[slots[i][place]] + offset, values);
      }),
    );

    const freed = buffersFreedAfter(graph);
    graph.nodes.forEach((node, i) => {
      const trace = traced[i];
      if (trace !== undefined) {
        for (const call of trace.calls) this.#steps.push(rawStep(call, kernels, slots[i], this.#fixed));
      } else if (node.kind === 'random') {
        this.#steps.push((run) => {
          this.#borrowing(run, (read) => runRandomNode(node, read, run.memory));
          for (const { buffer } of node.outputs)
            run.addresses[buffer] = this.#addressOf(run.memory.data[buffer] as DataId);
        });
      } else {
        const call = kernelCall(node, this.#host);
        this.#steps.push((run) => {
          this.#borrowing(run, (read) => call(read, run.memory));
          for (const { buffer } of node.outputs)
            run.addresses[buffer] = this.#addressOf(run.memory.data[buffer] as DataId);
        });
      }
      const dynamic = freed[i].filter((buffer) => Number.isNaN(this.#fixed[buffer]));
      if (dynamic.length > 0) this.#steps.push(({ memory }) => this.#free(memory, dynamic));
    });
  }

  /** Gives each place of the traced kernels a slot, and the lifetimes of those that lie in the arena. */
  #layOut(
    traced: readonly (TracedKernel | undefined)[],
    planned: ReadonlySet<BufferId>,
    results: ReadonlySet<BufferId>,
  ): { slots: number[][]; slotCount: number; lifetimes: Lifetime[]; lifetimeSlots: number[] } {
    const { graph } = this;
    const lifetimes: Lifetime[] = [];
    const lifetimeSlots: number[] = [];
    const last = new Map<BufferId, number>();
    graph.nodes.forEach((node, i) => viewsRead(node).forEach((view) => last.set(view.buffer, i)));
    graph.nodes.forEach((node, first) => {
      for (const view of node.outputs) {
        if (!planned.has(view.buffer) || results.has(view.buffer)) continue;
        lifetimes.push({ bytes: bytesOf(view), first, last: last.get(view.buffer) ?? first });
        lifetimeSlots.push(view.buffer);
      }
    });
    let slotCount = graph.bufferCount;
    const slots = traced.map((trace, i) =>
      (trace?.places ?? []).map((place, index) => {
        if (place.kind === 'input' || place.kind === 'output') return place.view.buffer;
        // Scratch with tables in it belongs to its kernel alone: they are written once.
        const forever = (trace as TracedKernel).tables.some((table) => table.place === index);
        lifetimes.push({
          bytes: place.bytes,
          first: forever ? 0 : i,
          last: forever ? graph.nodes.length : i,
        });
        lifetimeSlots.push(slotCount);
        return slotCount++;
      }),
    );
    return { slots, slotCount, lifetimes, lifetimeSlots };
  }

  run(inputs: readonly Tensor[], keys: readonly PRNGKey[]): unknown[] {
    const memory = newMemory(this.graph, this.#constants, inputs, keys);
    const run: Run = { memory, addresses: new Float64Array(this.#fixed) };
    const own: DataId[] = [];
    try {
      for (const { buffer, shape, dtype } of this.#allocated) {
        const { dataId } = makeOutput(shape, dtype);
        own.push(dataId);
        memory.data[buffer] = dataId;
        run.addresses[buffer] = this.#addressOf(dataId);
      }
      for (const { buffer } of this.graph.inputs)
        run.addresses[buffer] = this.#addressOf(memory.data[buffer] as DataId);
      for (const step of this.#steps) step(run);
    } catch (error) {
      for (const dataId of own) this.#host.disposeData(dataId);
      throw error;
    }
    return takeResults(this.graph, memory, this.#host);
  }

  #addressOf(dataId: DataId): number {
    return address({ dataId } as TensorInfo);
  }

  #free(memory: Memory, buffers: readonly BufferId[]): void {
    for (const buffer of buffers) {
      const dataId = memory.data[buffer];
      if (dataId !== null) this.#host.disposeData(dataId);
      memory.data[buffer] = null;
    }
  }

  /** Lets `f` read buffers of the arena as values of the backend, under names that live as long as the call. */
  #borrowing(run: Run, f: (read: (view: View) => TensorInfo) => void): void {
    const borrowed: DataId[] = [];
    try {
      f(({ buffer, shape, dtype }) => {
        const known = run.memory.data[buffer];
        if (known !== null) return { dataId: known, shape: shape as number[], dtype };
        const info = this.#host.makeOutput(shape as number[], dtype, run.addresses[buffer]);
        borrowed.push(info.dataId);
        return info;
      });
    } finally {
      for (const dataId of borrowed) {
        // Not by `disposeData`, which would free the memory too.
        const { id } = this.#host.dataIdMap.get(dataId);
        this.#host.wasm.tfjs.disposeData(id);
        this.#host.dataIdMap.delete(dataId);
      }
    }
  }

  dispose(): void {
    release(this.#arena);
    for (const dataId of this.#constants.values()) this.#host.disposeData(dataId);
  }
}

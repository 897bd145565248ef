import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { RawKernels } from '../backend/wasm/exports.js';
import { address, allocate, makeOutput, release, wasmBackend, writeTable } from '../backend/wasm/heap.js';
import type { PRNGKey } from '../random/key.js';
import { flatCallOf, type FlatCall } from './flat.js';
import { bytesOf, resultViews, sizeOf, viewsRead, type BufferId, type Graph, type View } from './graph.js';
import { buffersFreedAfter } from './liveness.js';
import {
  Boundary,
  kernelCall,
  runRandomNode,
  writeConstants,
  type DataId,
  type Memory,
  type Program,
} from './program.js';
import { readCounts } from './passes/readers.js';
import { rawStep, tiledStep, type Run, type Step, type TiledCall } from './raw-step.js';
import { planStorage, type Storage } from './storage.js';
import { groupFlatCalls } from './tiles.js';
import { traceKernel, type TracedKernel } from './trace.js';

/** A packed copy of a buffer that is not constant: made again when the buffer's values are others. */
interface Refill {
  readonly buffer: BufferId;
  readonly steps: readonly Step[];
  /** The values that it is a copy of. */
  of: DataId | null;
}

/** What is read so often in one call, as the weights of an unroll are, is packed once for all of its readers. */
const PACKED_FROM = 4;

/**
 * A program for the WASM backend with our kernels: a flat list of raw calls on memory that was laid out once. Kernels that cannot be
 * traced and random operations are called as they are.
 */
export class HeapProgram implements Program {
  readonly arenaBytes: number;
  /** Buffers that would be read in packed form if they were lasting. */
  readonly packable = new Set<BufferId>();
  readonly #host: BackendWasm;
  readonly #kernels: RawKernels;
  readonly #steps: Step[] = [];
  readonly #refills: Refill[] = [];
  /** What fills the packed copies of a buffer that a node writes, behind that node. */
  readonly #packsBehind = new Map<BufferId, Step[]>();
  readonly #constants: Map<BufferId, DataId>;
  readonly #arena: number;
  /** Addresses that are the same in every call; NaN for the others. */
  readonly #fixed: Float64Array;
  /** Addresses of the running call. */
  readonly #addresses: Float64Array;
  /** Buffers that a call allocates for its results. */
  readonly #allocated: readonly View[];
  readonly #boundary: Boundary;

  /** @param lasting inputs that are the same tensors in most calls, such as parameters at inference: packed copies of them are kept */
  constructor(
    private readonly graph: Graph,
    kernels: RawKernels,
    lasting: ReadonlySet<BufferId> = new Set(),
  ) {
    this.#host = wasmBackend();
    this.#kernels = kernels;
    const counts = readCounts(graph);
    const isLasting = (buffer: BufferId): boolean => {
      if (graph.constants.has(buffer)) return true;
      this.packable.add(buffer);
      return lasting.has(buffer) || (counts.get(buffer) ?? 0) >= PACKED_FROM;
    };
    const traced = graph.nodes.map((node) =>
      node.kind === 'kernel' ? traceKernel(node, kernels, isLasting) : undefined,
    );
    const flat = traced.map((trace) => trace && flatCallOf(trace));
    const groups = groupFlatCalls(flat);
    const storage = planStorage({ graph, traced, flat, groups });
    const results = new Set(resultViews(graph).map((view) => view.buffer));
    this.#allocated = graph.nodes
      .flatMap((node, i) => (traced[i] === undefined ? [] : node.outputs))
      .filter((view) => results.has(view.buffer));

    this.arenaBytes = storage.bytes;
    this.#arena = allocate(storage.bytes + 64);
    this.#constants = writeConstants(graph, this.#host);
    this.#fixed = new Float64Array(storage.slotCount).fill(NaN);
    const base = Math.ceil(this.#arena / 64) * 64;
    for (const [slot, offset] of storage.offsets) this.#fixed[slot] = base + offset;
    for (const [buffer, dataId] of this.#constants) this.#fixed[buffer] = this.#addressOf(dataId);
    this.#addresses = new Float64Array(this.#fixed);
    traced.forEach((trace, i) =>
      trace?.tables.forEach(({ place, offset, values }) => {
        writeTable(this.#fixed[storage.slots[i][place]] + offset, values);
      }),
    );
    this.#pack(traced, storage);
    this.#compile(traced, flat, groups, storage);
    this.#dropPacked(traced);
    this.#boundary = new Boundary(graph, this.#constants, this.#host);
  }

  /** Fills packed copies of constants, and prepares to fill the others. */
  #pack(traced: readonly (TracedKernel | undefined)[], { slots }: Storage): void {
    const done = new Set<number>();
    const inputs = new Set(this.graph.inputs.map(({ buffer }) => buffer));
    traced.forEach((trace, i) => {
      for (const { place, calls } of trace?.packs ?? []) {
        const slot = slots[i][place];
        if (done.has(slot)) continue;
        done.add(slot);
        const source = trace?.places[place] as { view: View };
        const { buffer } = source.view;
        const steps = calls.flatMap((call) => rawStep(call, this.#kernels, slots[i], this.#fixed) ?? []);
        if (this.#constants.has(buffer)) {
          const run = { addresses: this.#addresses, memory: { data: [], keys: [] } };
          for (const step of steps) step(run);
        } else if (inputs.has(buffer)) this.#refills.push({ buffer, steps, of: null });
        else this.#packsBehind.set(buffer, [...(this.#packsBehind.get(buffer) ?? []), ...steps]);
      }
    });
  }

  /** Gives constants back that nobody reads but in packed form. */
  #dropPacked(traced: readonly (TracedKernel | undefined)[]): void {
    const read = new Set(resultViews(this.graph).map((view) => view.buffer));
    this.graph.nodes.forEach((node, i) => {
      const trace = traced[i];
      if (trace === undefined) for (const { buffer } of viewsRead(node)) read.add(buffer);
      for (const { arguments: values } of trace?.calls ?? []) {
        for (const value of values) {
          const place = typeof value === 'number' ? undefined : trace?.places[value.place];
          if (place?.kind === 'input') read.add(place.view.buffer);
        }
      }
    });
    for (const [buffer, dataId] of this.#constants) {
      if (read.has(buffer)) continue;
      this.#host.disposeData(dataId);
      this.#constants.delete(buffer);
    }
  }

  #compile(
    traced: readonly (TracedKernel | undefined)[],
    flat: readonly (FlatCall | undefined)[],
    groups: readonly number[],
    { slots, tiles }: Storage,
  ): void {
    const freed = buffersFreedAfter(this.graph);
    let tiled: TiledCall[] = [];
    let packs: Step[] = [];
    let dynamic: BufferId[] = [];
    this.graph.nodes.forEach((node, i) => {
      const trace = traced[i];
      const call = flat[i];
      const isGrouped = groups[i] === groups[i - 1] || groups[i] === groups[i + 1];
      if (trace !== undefined && call !== undefined && isGrouped) {
        const moves = call.operands.map(({ place }) => {
          const { view } = trace.places[place] as { view: View };
          return tiles.has(view.buffer) ? 0 : bytesOf(view) / sizeOf(view.shape);
        });
        tiled.push({ call: trace.calls[0], flat: call, slots: slots[i], moves });
        if (groups[i] !== groups[i + 1]) {
          this.#steps.push(tiledStep(tiled, this.#kernels, this.#fixed));
          tiled = [];
        }
      } else if (trace !== undefined) {
        for (const one of trace.calls) {
          const step = rawStep(one, this.#kernels, slots[i], this.#fixed);
          if (step !== undefined) this.#steps.push(step);
        }
      } else {
        const run =
          node.kind === 'random'
            ? (read: (view: View) => TensorInfo, memory: Memory) => runRandomNode(node, read, memory)
            : kernelCall(node, this.#host);
        this.#steps.push((current) => {
          this.#borrowing(current, (read) => run(read, current.memory));
          for (const { buffer } of node.outputs)
            current.addresses[buffer] = this.#addressOf(current.memory.data[buffer] as DataId);
        });
      }
      for (const { buffer } of node.outputs) packs.push(...(this.#packsBehind.get(buffer) ?? []));
      if (tiled.length === 0) {
        this.#steps.push(...packs);
        packs = [];
      }
      dynamic.push(...freed[i].filter((buffer) => Number.isNaN(this.#fixed[buffer])));
      // A group reads all that it reads until its end.
      if (dynamic.length === 0 || tiled.length > 0) return;
      const free = dynamic;
      this.#steps.push(({ memory }) => this.#free(memory, free));
      dynamic = [];
    });
  }

  run(inputs: readonly Tensor[], keys: readonly PRNGKey[]): unknown[] {
    const memory = this.#boundary.enter(inputs, keys);
    const addresses = this.#addresses;
    const run: Run = { memory, addresses };
    try {
      for (const { buffer, shape, dtype } of this.#allocated) {
        const { dataId } = makeOutput(shape, dtype);
        memory.data[buffer] = dataId;
        addresses[buffer] = this.#addressOf(dataId);
      }
      for (const { buffer } of this.graph.inputs)
        addresses[buffer] = this.#addressOf(memory.data[buffer] as DataId);
      for (const refill of this.#refills) {
        const dataId = memory.data[refill.buffer];
        if (refill.of === dataId) continue;
        for (const step of refill.steps) step(run);
        refill.of = dataId;
      }
      for (const step of this.#steps) step(run);
    } catch (error) {
      const lent = new Set(this.graph.inputs.map(({ buffer }) => buffer));
      memory.data.forEach((dataId, buffer) => {
        if (dataId !== null && !lent.has(buffer) && !this.#constants.has(buffer))
          this.#host.disposeData(dataId);
      });
      throw error;
    }
    return this.#boundary.leave(memory);
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

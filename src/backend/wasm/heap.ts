import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { TankaError } from '../../errors/tanka-error.js';
import type { RawKernels } from './exports.js';

/** What the backend's emscripten module offers beyond its types. */
export interface StockModule {
  readonly HEAPU8: Uint8Array;
  /** In the plain and the SIMD build. */
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  /** In the threaded build. */
  readonly wasmMemory?: WebAssembly.Memory;
  _malloc: (bytes: number) => number;
  _free: (pointer: number) => void;
  readonly tfjs: {
    /** Tells the stock kernels where the values of a number lie. */
    registerTensor: (id: number, size: number, memoryOffset: number) => void;
    /** What the backend calls when it is disposed of. */
    dispose: () => void;
  };
}

/**
 * What the backend knows of values that one of our kernels made. The stock kernels look values up by number in a table of their own: the
 * number is entered there when one of them asks for it, which between kernels of ours is never.
 */
class OwnValues {
  refCount = 1;
  isRegistered = false;

  constructor(
    private readonly module: StockModule,
    private readonly number: number,
    private readonly size: number,
    readonly memoryOffset: number,
    readonly shape: number[],
    readonly dtype: DataType,
  ) {}

  get id(): number {
    if (!this.isRegistered) {
      this.isRegistered = true;
      this.module.tfjs.registerTensor(this.number, this.size, this.memoryOffset);
    }
    return this.number;
  }
}

/** Lets a backend free {@link OwnValues} that no stock kernel has heard of without asking them. */
function freeOwnValues(backend: BackendWasm, module: StockModule): void {
  const { dataIdMap } = backend;
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force = false) => {
    if (!dataIdMap.has(dataId)) return true;
    const values: unknown = dataIdMap.get(dataId);
    if (!(values instanceof OwnValues) || values.isRegistered) return disposeData(dataId, force);
    values.refCount--;
    if (!force && values.refCount > 0) return false;
    module._free(values.memoryOffset);
    dataIdMap.delete(dataId);
    return true;
  };
}

/** Where the backend counts its values, which its types hide. */
interface NumberedBackend {
  dataIdNextNumber: number;
}

interface Attached {
  readonly backend: BackendWasm;
  readonly module: StockModule;
  readonly raw: RawKernels;
  scratchBase: number;
  scratchBytes: number;
  /** The memory as integers: making such a view takes as long as a small kernel. */
  words: Int32Array;
}

let attached: Attached | undefined;

/**
 * Stands in for the heap while a kernel is called to see which raw functions it would run, on which places, without running them.
 * Kernels need not know: they get tensors, addresses and scratch that are not there. One that reads memory itself cannot be traced.
 */
export interface HeapTracer {
  readonly raw: RawKernels;
  address(tensor: TensorInfo): number;
  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo;
  discard(tensor: TensorInfo): void;
  withScratch<Result>(bytes: number, body: (pointer: number) => Result): Result;
  writeTable(pointer: number, table: readonly number[]): void;
  /** A copy of `weight` in another layout, to be made by `pack` whenever the weight is another; `undefined` where that may be in every call. */
  packed(
    weight: TensorInfo,
    layout: string,
    bytes: number,
    pack: (pointer: number) => void,
  ): number | undefined;
}

let tracer: HeapTracer | undefined;

/** Runs `f` with a tracer in the place of the heap. */
export function traceHeap<Result>(next: HeapTracer, f: () => Result): Result {
  const before = tracer;
  tracer = next;
  try {
    return f();
  } finally {
    tracer = before;
  }
}

/** What traces the kernels that are called now, if anything does. */
export function currentTracer(): HeapTracer | undefined {
  return tracer;
}

/** The raw exports when our kernels run on `backend`, for callers by pointer; `undefined` on any other backend. */
export function rawOn(backend: unknown): RawKernels | undefined {
  return attached?.backend === backend ? attached?.raw : undefined;
}

/** Scratch up to this size is kept for the next kernel; larger pieces are given back. */
const keptScratch = 8 * 1024 * 1024;

/** Ties our functions to a started backend; with the same one again nothing happens. */
export function attach(backend: BackendWasm, raw: RawKernels): void {
  if (attached?.backend === backend) return;
  const module = stockModule(backend);
  attached = { backend, module, raw, scratchBase: 0, scratchBytes: 0, words: new Int32Array(0) };
  freeOwnValues(backend, module);
}

/** The emscripten module under a backend. */
export function stockModule(backend: BackendWasm): StockModule {
  return backend.wasm as unknown as StockModule;
}

/** The memory of a backend, shared between threads in the threaded build. */
export function memoryOf(module: StockModule): WebAssembly.Memory {
  const memory = module.asm?.memory ?? module.wasmMemory;
  if (memory === undefined) {
    throw new TankaError(
      'wasm-start-failed',
      'This build of @tensorflow/tfjs-backend-wasm does not show its memory, which the kernels of tanka share. ' +
        "Use version 4.22.0, or `useWasm({ kernels: 'stock' })`.",
    );
  }
  return memory;
}

function current(): Attached {
  if (tracer !== undefined) {
    throw new TankaError(
      'wasm-kernel-unsupported',
      'A kernel that works on the memory itself cannot be traced.',
    );
  }
  if (attached === undefined) {
    throw new TankaError(
      'wasm-start-failed',
      'The WASM kernels are not loaded: call `await useWasm()` first.',
    );
  }
  return attached;
}

/** The raw exports, for kernels and for callers by pointer. */
export function raw(): RawKernels {
  if (tracer !== undefined) return tracer.raw;
  return current().raw;
}

/** The backend that the kernels run on. */
export function wasmBackend(): BackendWasm {
  return current().backend;
}

/** Heap memory, 16-byte aligned is not promised. To be given back by {@link release}. */
export function allocate(bytes: number): number {
  // A size beyond 32 bits would be cut by the call, and a small piece returned.
  const pointer = bytes < 2 ** 32 ? current().module._malloc(bytes) >>> 0 : 0;
  if (pointer === 0 && bytes > 0) {
    throw new TankaError(
      'wasm-memory-exhausted',
      `The WASM heap has no ${bytes} bytes left (it ends at 4 GB). Dispose of tensors that are no longer needed, or use smaller batches.`,
    );
  }
  return pointer;
}

/** Gives memory of {@link allocate} back. */
export function release(pointer: number): void {
  current().module._free(pointer);
}

/** The address of a tensor's values. Taken after every allocation of a kernel is done, it stays valid when the heap grows. */
export function address(tensor: TensorInfo): number {
  if (tracer !== undefined) return tracer.address(tensor);
  return current().backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** The values of a float32 tensor where they lie. Valid until the next allocation: the heap may move. */
export function floats(tensor: TensorInfo): Float32Array {
  const { buffer } = current().module.HEAPU8;
  return new Float32Array(buffer, address(tensor), util.sizeFromShape(tensor.shape));
}

/** {@link floats} of an int32 tensor. */
export function integers(tensor: TensorInfo): Int32Array {
  const { buffer } = current().module.HEAPU8;
  return new Int32Array(buffer, address(tensor), util.sizeFromShape(tensor.shape));
}

/** {@link floats} of a bool tensor. */
export function truths(tensor: TensorInfo): Uint8Array {
  const { buffer } = current().module.HEAPU8;
  return new Uint8Array(buffer, address(tensor), util.sizeFromShape(tensor.shape));
}

/** Writes a table of integers for a kernel, to scratch. */
export function writeTable(pointer: number, table: readonly number[]): void {
  if (tracer !== undefined) {
    tracer.writeTable(pointer, table);
    return;
  }
  const state = current();
  const { buffer } = state.module.HEAPU8;
  // Another buffer stands for the memory after it grew.
  if (state.words.buffer !== buffer) state.words = new Int32Array(buffer);
  for (let i = 0, at = pointer >>> 2; i < table.length; i++) state.words[at + i] = table[i];
}

/** A new tensor with undefined values. */
export function makeOutput(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
  if (tracer !== undefined) return tracer.makeOutput(shape, dtype);
  const { backend, module } = current();
  const own = shape as number[];
  const size = util.sizeFromShape(own);
  // Allocated here: the backend itself does not notice that memory ran out, and would write to address 0.
  const pointer = allocate(size * util.bytesPerElement(dtype));
  const number = (backend as unknown as NumberedBackend).dataIdNextNumber++;
  const dataId = { id: number };
  backend.dataIdMap.set(dataId, new OwnValues(module, number, size, pointer, own, dtype));
  return { dataId, shape: own, dtype };
}

/** The same values under another handle, freed with the last of them: as tensors never change, it is as good as a copy. */
export function share({ dataId, shape, dtype }: TensorInfo): TensorInfo {
  current().backend.incRef(dataId);
  return { dataId, shape, dtype };
}

/** Frees the values of an intermediate result that no tensor holds. */
export function discard(tensor: TensorInfo): void {
  if (tracer !== undefined) {
    tracer.discard(tensor);
    return;
  }
  current().backend.disposeData(tensor.dataId);
}

/** Runs `body` with scratch of at least `bytes` bytes, 64-byte aligned. Not to be nested. */
export function withScratch<Result>(bytes: number, body: (pointer: number) => Result): Result {
  if (tracer !== undefined) return tracer.withScratch(bytes, body);
  const state = current();
  if (bytes > keptScratch) {
    const base = allocate(bytes + 64);
    try {
      return body(aligned(base));
    } finally {
      release(base);
    }
  }
  if (bytes > state.scratchBytes) {
    if (state.scratchBase !== 0) release(state.scratchBase);
    state.scratchBase = 0;
    state.scratchBytes = 0;
    // Grown by doubling, so that networks of many sizes settle soon.
    const size = Math.max(65536, 2 ** Math.ceil(Math.log2(bytes)));
    state.scratchBase = allocate(size + 64);
    state.scratchBytes = size;
  }
  return body(aligned(state.scratchBase));
}

/** Beyond 2 GB a bitwise operation alone would give a negative address. */
function aligned(pointer: number): number {
  return ((pointer + 63) & ~63) >>> 0;
}

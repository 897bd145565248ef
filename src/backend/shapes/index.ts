import {
  engine,
  getKernel,
  getKernelsForBackend,
  registerKernel,
  util,
  type NamedAttrMap,
  type KernelBackend,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { whileComputingShapes } from './abstract.js';
import { shapeRules, type ShapeRule } from './rules.js';
import { ShapeBackend } from './shape-backend.js';

const backend = new ShapeBackend();

/** A name of its own for each copy of the package in a process: kernels of one copy know nothing of another's tensors. */
let name: string | undefined;

function backendName(): string {
  for (let copy = 0; name === undefined; copy++) {
    const candidate = `tanka-shapes-${copy}`;
    if (getKernelsForBackend(candidate).length === 0) name = candidate;
  }
  return name;
}

/** The engine's choice of backend, which its types hide. */
interface BackendChoice {
  backendName: string;
  backendInstance: KernelBackend;
  /** Set while a backend starts (WASM does so asynchronously): the engine then refuses to run anything. */
  pendingBackendInit: Promise<boolean> | null;
}

let outside: BackendChoice | null = null;
let onKernel: ShapeOptions['onKernel'];

/** A kernel that {@link ShapeOptions.onKernel} sees. */
function observed(name: string, run: KernelFunc): KernelFunc {
  return (call) => {
    const outputs = run(call);
    onKernel?.({ name, inputs: call.inputs, attributes: call.attrs ?? {}, outputs: [outputs].flat() });
    return outputs;
  };
}

function ruled(rule: ShapeRule): KernelFunc {
  return ({ inputs, attrs }) => {
    const specs = rule(inputs as Record<string, TensorInfo>, attrs ?? {});
    return Array.isArray(specs)
      ? specs.map(({ shape, dtype }) => backend.abstract(shape, dtype))
      : backend.abstract(specs.shape, specs.dtype);
  };
}

/** Runs the kernel of the real backend on zeros, for the shapes of its results. */
function onZeros(kernelName: string): KernelFunc {
  return ({ inputs, attrs }) => {
    const { backendName, backendInstance: real } = outside as BackendChoice;
    const zeros = (info: TensorInfo): TensorInfo => {
      const size = util.sizeFromShape(info.shape);
      const values = util.makeZerosTypedArray(size, info.dtype);
      return { ...info, dataId: real.write(values as never, info.shape, info.dtype) };
    };
    const entries = Object.entries(inputs).map(([name, info]) => [name, info && zeros(info)] as const);
    const given = (
      Array.isArray(inputs) ? entries.map(([, info]) => info) : Object.fromEntries(entries)
    ) as never;
    const kernel = getKernel(kernelName, backendName);
    const results = [kernel.kernelFunc({ inputs: given, attrs, backend: real })].flat();
    const specs = results.map(({ shape, dtype }) => backend.abstract(shape, dtype));
    for (const { dataId } of results) real.disposeData(dataId);
    for (const [, info] of entries) if (info) real.disposeData(info.dataId);
    return specs.length === 1 ? specs[0] : specs;
  };
}

/** Registers what is missing: kernels may have come to the real backend since the last time. */
function registerShapeKernels(realName: string): void {
  const own = backendName();
  for (const [kernelName, rule] of shapeRules) {
    if (getKernel(kernelName, own) == null) {
      registerKernel({ kernelName, backendName: own, kernelFunc: observed(kernelName, ruled(rule)) });
    }
  }
  for (const { kernelName } of getKernelsForBackend(realName)) {
    if (getKernel(kernelName, own) == null) {
      registerKernel({ kernelName, backendName: own, kernelFunc: observed(kernelName, onZeros(kernelName)) });
    }
  }
}

/** A kernel that ran for shapes alone. The tensors of one call have data ids of their own: who reads what another made, has its id. */
export interface ShapedKernel {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorInfo | undefined>>;
  readonly attributes: NamedAttrMap;
  readonly outputs: readonly TensorInfo[];
}

/** Options of {@link computingShapes}. */
export interface ShapeOptions {
  /** Sees the kernels that run, in order. */
  readonly onKernel?: (kernel: ShapedKernel) => void;
  /** Has initializers run all the same, for the keys that they draw. Default `false`. */
  readonly initialize?: boolean;
}

/** Lets the engine start its default backend, if it can at once. Without one, kernels that have no rule fail when they are met. */
function startDefaultBackend(): KernelBackend | undefined {
  try {
    return engine().backend;
  } catch {
    // It starts asynchronously (WASM before `useWasm`).
    return undefined;
  }
}

/**
 * Runs `f` with a backend that computes shapes and dtypes alone. Tensors made outside are used as they are; those that `f`
 * makes have no values.
 */
export function computingShapes<R>(f: () => R, options: ShapeOptions = {}): R {
  if (outside !== null) {
    const around = onKernel;
    onKernel = options.onKernel ?? around;
    try {
      return f();
    } finally {
      onKernel = around;
    }
  }
  const choice = engine() as unknown as BackendChoice;
  if (choice.backendInstance == null) startDefaultBackend();
  const { backendName: realName, backendInstance, pendingBackendInit } = choice;
  outside = { backendName: realName, backendInstance, pendingBackendInit };
  registerShapeKernels(choice.backendName);
  onKernel = options.onKernel;
  choice.backendName = backendName();
  choice.backendInstance = backend;
  choice.pendingBackendInit = null;
  try {
    return whileComputingShapes(backend, options.initialize ?? false, f);
  } finally {
    choice.backendName = outside.backendName;
    choice.backendInstance = outside.backendInstance;
    choice.pendingBackendInit = outside.pendingBackendInit;
    outside = null;
    onKernel = undefined;
  }
}

import { engine, env, findBackendFactory, getBackend, setBackend } from '@tensorflow/tfjs-core';
import {
  getThreadsCount,
  setThreadsCount,
  setWasmPaths,
  type BackendWasm,
} from '@tensorflow/tfjs-backend-wasm';
import { TankaError } from '../../errors/tanka-error.js';
import { hasRelaxedSimd, instantiateKernels, loadKernels, type KernelBinary } from './binary.js';
import { attach, memoryOf, stockModule } from './heap.js';
import { keepListenersOnDispose, processListeners, removeEmscriptenListeners } from './listeners.js';
import { checkStockBinaries, resolvePaths, type StockBinary, type WasmPaths } from './paths.js';
import { registerKernels, restoreStockKernels } from './register.js';
import { startBackend, threadsMayStart } from './watchdog.js';

/** Options of {@link useWasm}. */
export interface WasmOptions {
  /**
   * Where the binaries are, if not in their packages. A string names the folder of the three binaries of
   * `@tensorflow/tfjs-backend-wasm`; an object may place ours (`tanka-simd.wasm`, `tanka-relaxed-simd.wasm`) as well.
   */
  readonly paths?: WasmPaths;
  /**
   * Threads for the stock kernels. Default 1: small networks lose time to the hand-over. More than one takes effect in
   * cross-origin isolated browser pages only, up to half the processors, and not in workers of Firefox; the report says how many run.
   */
  readonly threads?: number;
  /** `'stock'` leaves every kernel of the backend as it is. Default `'tanka'`. */
  readonly kernels?: 'tanka' | 'stock';
}

/** What {@link useWasm} chose. */
export interface WasmReport {
  /** Whether the engine has, and the backend uses, SIMD instructions. Without them the stock kernels stay. */
  readonly simd: boolean;
  /** Whether our kernels use the relaxed instructions, with multiply-adds of one rounding. */
  readonly relaxedSimd: boolean;
  /** How many threads the stock kernels use. */
  readonly threads: number;
  /** The sorted names of the kernels that were replaced or added. */
  readonly kernels: readonly string[];
}

interface Started {
  readonly backend: BackendWasm;
  readonly threads: number;
  readonly report: WasmReport;
  readonly kernels: 'tanka' | 'stock';
}

let started: Started | undefined;
let starting: Promise<unknown> = Promise.resolve();

/**
 * Starts the WASM backend of TensorFlow.js in Node or a browser, makes it the current one, and puts right and fast kernels
 * in the place of those that are wrong, slow or missing (`docs/wasm.md` lists them): for all code on the page.
 *
 * A second call with the same options changes nothing and reports the same; one with other `kernels` exchanges them.
 *
 * @throws `wasm-start-failed` when the backend does not start, `wasm-binary-invalid` when a binary is missing or truncated,
 * `wasm-started` when it runs already with another number of threads
 */
export function useWasm(options: WasmOptions = {}): Promise<WasmReport> {
  // One after the other: two starts at a time make TensorFlow.js refuse the first.
  const result = starting.then(() => start(options));
  starting = result.catch(() => undefined);
  return result;
}

async function start(options: WasmOptions): Promise<WasmReport> {
  const { threads = 1, kernels = 'tanka' } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new TankaError(
      'wasm-start-failed',
      `useWasm: threads must be a positive integer, not ${String(threads)}.`,
    );
  }
  if (kernels !== 'tanka' && kernels !== 'stock') {
    throw new TankaError(
      'wasm-start-failed',
      `useWasm: kernels must be 'tanka' or 'stock', not '${String(kernels)}'.`,
    );
  }
  const running = runningBackend();
  if (started?.backend === running && started !== undefined) {
    if (options.threads !== undefined && threads !== started.threads) {
      throw new TankaError(
        'wasm-started',
        `The WASM backend runs with threads: ${started.threads} and cannot change to ${threads} while its tensors live. ` +
          'Ask for the threads in the first call of useWasm.',
      );
    }
    if (getBackend() !== 'wasm') await setBackend('wasm');
    if (kernels === started.kernels) return started.report;
  }
  const simd = await hasSimd();
  const relaxedSimd = simd && kernels === 'tanka' && hasRelaxedSimd();
  const binary: KernelBinary = relaxedSimd ? 'tanka-relaxed-simd.wasm' : 'tanka-simd.wasm';
  const paths = resolvePaths(options.paths);
  // Read before the backend starts, so that a missing file changes nothing.
  const bytes = simd && kernels === 'tanka' ? await loadKernels(binary, paths.kernels[binary]) : undefined;
  const wasm = running ?? (await startStock(paths.stock, threads, simd));
  removeEmscriptenListeners();
  let names: string[] = [];
  if (bytes === undefined) restoreStockKernels();
  else {
    attach(wasm, await instantiateKernels(bytes, memoryOf(stockModule(wasm))));
    names = registerKernels();
  }
  if (getBackend() !== 'wasm') await setBackend('wasm');
  const report = Object.freeze({
    simd,
    relaxedSimd,
    threads: getThreadsCount(),
    kernels: Object.freeze(names),
  });
  started = { backend: wasm, threads, report, kernels };
  return report;
}

function runningBackend(): BackendWasm | null {
  // Not by `findBackend`, which would start it.
  const registry = engine().registry as Readonly<Record<string, object | undefined>>;
  return (registry.wasm ?? null) as BackendWasm | null;
}

/** Asked of the engine and of the flag by which an application may refuse SIMD. */
async function hasSimd(): Promise<boolean> {
  return (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
}

async function startStock(
  paths: Readonly<Record<StockBinary, string>> | undefined,
  threads: number,
  simd: boolean,
): Promise<BackendWasm> {
  if (findBackendFactory('wasm') === null) {
    throw new TankaError(
      'wasm-start-failed',
      'TensorFlow.js has no WASM backend registered: two copies of @tensorflow/tfjs-core are loaded, or it was removed. Load one copy.',
    );
  }
  if (paths !== undefined) {
    await checkStockBinaries(paths, simd);
    setWasmPaths({ ...paths });
  }
  // Threads are asked for, not taken: start-up is slower with them, and some bundlers break it.
  const threaded = threads > 1 && threadsMayStart();
  if (threaded) setThreadsCount(threads);
  else env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const before = processListeners();
  try {
    await startBackend(threaded);
  } finally {
    removeEmscriptenListeners(before);
  }
  const wasm = runningBackend() as BackendWasm;
  keepListenersOnDispose(stockModule(wasm));
  return wasm;
}

/**
 * `tanka/wasm`: the WASM backend of TensorFlow.js, started, mended and made fast enough to train on.
 *
 * @module
 */
import { heapPlans } from '../compile/heap-plans.js';
import { provideHeapPlans } from '../compile/plan.js';

export { useWasm } from '../backend/wasm/start.js';
export type { WasmBinary, WasmPaths } from '../backend/wasm/paths.js';
export type { WasmOptions, WasmReport } from '../backend/wasm/start.js';

// What plans of `hk.jit` are on this backend is loaded with it: who computes on another one does without.
provideHeapPlans(heapPlans);

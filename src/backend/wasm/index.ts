/**
 * `tanka/wasm`: the WASM backend of TensorFlow.js, started, mended and made fast enough to train on.
 *
 * @module
 */
export { useWasm } from './start.js';
export type { WasmBinary, WasmPaths } from './paths.js';
export type { WasmOptions, WasmReport } from './start.js';

import { useWasm } from '../../../src/wasm/index.js';

// Before any test file is evaluated: one that asks for the backend by itself would find the binaries in Node, but not here.
export const report = await useWasm();

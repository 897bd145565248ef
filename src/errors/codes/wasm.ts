/** Codes thrown by `src/backend/wasm`. Each has a page `docs/errors/CODE.md`. */
export type WasmErrorCode =
  | 'wasm-binary-invalid'
  | 'wasm-index-out-of-range'
  | 'wasm-kernel-unsupported'
  | 'wasm-memory-exhausted'
  | 'wasm-start-failed'
  | 'wasm-started';

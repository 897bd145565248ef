/** Codes thrown by `src/compile`. Each has a page `docs/errors/CODE.md`. */
export type CompileErrorCode =
  'jit-argument-unsupported' | 'jit-check-failed' | 'jit-untraceable' | 'jit-value-read';

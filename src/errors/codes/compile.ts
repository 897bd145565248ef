/** Codes thrown by `src/compile`. Each has a page `docs/errors/CODE.md`. */
export type CompileErrorCode =
  | 'graph-argument-mismatch'
  | 'graph-invalid'
  | 'graph-unsavable'
  | 'graph-unusable'
  | 'jit-argument-unsupported'
  | 'jit-check-failed'
  | 'jit-untraceable'
  | 'jit-value-read';

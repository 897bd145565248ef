/** Codes thrown by `src/tree`. Each has a page `docs/errors/CODE.md`. */
export type TreeErrorCode =
  'result-unsupported' | 'tree-structure-mismatch' | 'tree-cyclic' | 'tree-leaf-count';

/** Codes thrown by `src/precision` and `src/data-structures`. Each has a page `docs/errors/CODE.md`. */
export type PrecisionErrorCode =
  'policy-invalid' | 'policy-in-use' | 'dtype-unsupported' | 'merge-duplicate' | 'partition-outside';

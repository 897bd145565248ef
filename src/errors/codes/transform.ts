/** Codes thrown by `src/transform`. Each has a page `docs/errors/CODE.md`. */
export type TransformErrorCode =
  | 'params-invalid'
  | 'state-invalid'
  | 'state-not-empty'
  | 'not-a-pair'
  | 'rng-invalid'
  | 'result-unsupported'
  | 'grad-not-scalar'
  | 'grad-not-float'
  | 'grad-argument'
  | 'scan-length'
  | 'loop-new-parameters'
  | 'loop-carry';

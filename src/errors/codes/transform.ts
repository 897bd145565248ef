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
  | 'batch-leaf'
  | 'control-value'
  | 'while-init'
  | 'while-condition'
  | 'loop-new-entries'
  | 'loop-carry'
  | 'donate-result-invalid';

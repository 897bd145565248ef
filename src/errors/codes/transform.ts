/** Codes thrown by `src/transform`. Each has a page `docs/errors/CODE.md`. */
export type TransformErrorCode =
  'params-invalid' | 'state-invalid' | 'state-not-empty' | 'not-a-pair' | 'rng-invalid';

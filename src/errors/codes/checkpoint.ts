/** Codes thrown by `src/checkpoint`. Each has a page `docs/errors/CODE.md`. */
export type CheckpointErrorCode =
  | 'checkpoint-key-invalid'
  | 'checkpoint-leaf-invalid'
  | 'checkpoint-corrupt'
  | 'checkpoint-too-large'
  | 'checkpoint-dtype-unsupported'
  | 'checkpoint-value-range'
  | 'checkpoint-mismatch'
  | 'checkpoint-not-found'
  | 'checkpoint-store-unavailable'
  | 'checkpoint-fetch';

/** Codes thrown by `src/checkpoint`. Each has a page `docs/errors/CODE.md`. */
export type CheckpointErrorCode =
  | 'checkpoint-key-invalid'
  | 'checkpoint-leaf-invalid'
  | 'checkpoint-corrupt'
  | 'checkpoint-dtype-unsupported'
  | 'checkpoint-value-range';

/** Codes thrown by `src/worker`. Each has a page `docs/errors/CODE.md`. */
export type WorkerErrorCode =
  'worker-closed' | 'worker-failed' | 'worker-function-missing' | 'worker-value-invalid';

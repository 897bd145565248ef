/** Codes thrown by `src/worker`. Each has a page `docs/errors/CODE.md`. */
export type WorkerErrorCode =
  | 'worker-closed'
  | 'worker-failed'
  | 'worker-function-missing'
  | 'worker-scope-missing'
  | 'worker-value-invalid';

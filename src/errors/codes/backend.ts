/** Codes thrown by `src/backend`. Each has a page `docs/errors/CODE.md`. */
export type BackendErrorCode = 'gradient-not-supported';

/** Codes thrown by `src/config`. Each has a page `docs/errors/CODE.md`. */
export type ConfigErrorCode = 'setting-invalid';

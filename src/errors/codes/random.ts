/** Codes thrown by `src/random`. Each has a page `docs/errors/CODE.md`. */
export type RandomErrorCode = 'key-invalid' | 'seed-invalid';

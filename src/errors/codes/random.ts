/** Codes thrown by `src/random`. Each has a page `docs/errors/CODE.md`. */
export type RandomErrorCode =
  'key-invalid' | 'random-argument-invalid' | 'random-shape-invalid' | 'seed-invalid';

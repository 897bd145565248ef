/** Codes thrown by `src/optim`. Each has a page `docs/errors/CODE.md`. */
export type OptimErrorCode = 'optim-argument-invalid' | 'optim-params-missing';

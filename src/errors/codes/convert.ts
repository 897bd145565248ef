/** Codes thrown by `src/convert`. Each has a page `docs/errors/CODE.md`. */
export type ConvertErrorCode = 'convert-layer-unsupported' | 'convert-model-invalid';

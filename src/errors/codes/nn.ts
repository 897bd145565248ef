/** Codes thrown by `src/nn`. Each has a page `docs/errors/CODE.md`. */
export type NnErrorCode =
  | 'input-not-tensor'
  | 'input-rank'
  | 'input-dtype'
  | 'input-shape'
  | 'layer-options'
  | 'call-options'
  | 'layer-not-called';

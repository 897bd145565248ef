/** Codes thrown by `src/initializers`. Each has a page `docs/errors/CODE.md`. */
export type InitializerErrorCode =
  'initializer-dtype-invalid' | 'initializer-option-invalid' | 'initializer-shape-invalid';

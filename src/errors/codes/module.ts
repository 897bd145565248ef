/** Codes thrown by `src/module`. Each has a page `docs/errors/CODE.md`. */
export type ModuleErrorCode =
  | 'module-outside-transform'
  | 'module-not-decorated'
  | 'module-name-invalid'
  | 'module-name-not-unique'
  | 'super-not-called'
  | 'outside-transform'
  | 'parameter-missing'
  | 'parameter-shape'
  | 'parameter-initializer-missing'
  | 'parameter-null'
  | 'state-missing'
  | 'state-shape-missing'
  | 'value-not-stored'
  | 'lift-closure'
  | 'tensor-disposed'
  | 'rng-missing'
  | 'async-function';

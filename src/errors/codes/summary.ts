/** Codes thrown by `src/summary`. Each has a page `docs/errors/CODE.md`. */
export type SummaryErrorCode = 'summary-option-invalid';

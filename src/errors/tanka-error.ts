import type { ErrorCode } from './catalogue.js';

/**
 * The one error class of the library.
 *
 * The message says what happened with its values, where, and what to do instead; `code` is stable, and
 * `docs/errors/CODE.md` shows wrong and right code for it.
 */
export class TankaError extends Error {
  declare readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = `TankaError [${code}]`;
  }
}

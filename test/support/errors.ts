import { TankaError } from '../../src/errors/tanka-error.js';
import type { ErrorCode } from '../../src/errors/catalogue.js';

/** The code of the error that `f` throws; `undefined` when it throws none, any other error passes. */
export function errorCode(f: () => unknown): ErrorCode | undefined {
  try {
    f();
  } catch (error) {
    if (error instanceof TankaError) return error.code;
    throw error;
  }
  return undefined;
}

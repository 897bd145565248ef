import { expect } from 'chai';
import { TankaError } from '../../../src/index.js';

/** Asserts that `f` throws a `TankaError` of this code, and gives it. */
export function expectTanka(code: string, f: () => unknown): TankaError {
  let thrown: unknown;
  try {
    f();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, `an error of code ${code}`).to.be.instanceOf(TankaError);
  const error = thrown as TankaError;
  expect(error.code, error.message).to.equal(code);
  return error;
}

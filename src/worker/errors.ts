import type { ErrorCode } from '../errors/catalogue.js';
import { TankaError } from '../errors/tanka-error.js';
import type { SentError } from './protocol.js';

/** What is sent of a thrown value. */
export function sendError(thrown: unknown): SentError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof code === 'string' ? code : undefined,
  };
}

/** The error again: a {@link TankaError} with its code, or an `Error` with its name. The worker's stack is kept. */
export function receiveError({ name, message, stack, code }: SentError): Error {
  const error = name.startsWith('TankaError')
    ? new TankaError(code as ErrorCode, message)
    : new Error(message);
  error.name = name;
  if (code !== undefined) Object.assign(error, { code });
  if (stack !== undefined) error.stack = stack;
  return error;
}

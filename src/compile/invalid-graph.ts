import { TankaError } from '../errors/tanka-error.js';

/** The error for a file of a graph that was damaged, or written by something else. */
export function invalidGraph(
  what: string,
  cause?: unknown,
  help = 'Write it again with hk.saveGraph.',
): TankaError {
  return new TankaError('graph-invalid', `This is no graph that this version can run: ${what}. ${help}`, {
    cause,
  });
}

import { TankaError } from '../../errors/tanka-error.js';

/** The error for a file that is no safetensors file. */
export function corrupt(what: string): TankaError {
  return new TankaError(
    'checkpoint-corrupt',
    `This is not a valid checkpoint: ${what}. Download or save it again; do not trust one from a stranger.`,
  );
}

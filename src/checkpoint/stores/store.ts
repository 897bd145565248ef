import { TankaError } from '../../errors/tanka-error.js';

/** A place that keeps bytes by name: a folder, a browser's database or its private file system. */
export interface CheckpointStore {
  /** Keeps bytes under a name in place of what was there. When it fails, what was there stays whole. */
  readonly save: (name: string, bytes: Uint8Array) => Promise<void>;
  /** @throws `checkpoint-not-found` */
  readonly load: (name: string) => Promise<Uint8Array>;
  /** All names, sorted. */
  readonly list: () => Promise<string[]>;
  /** Forgets a name; one that is not there is no error. */
  readonly remove: (name: string) => Promise<void>;
}

/** Names become file names: nothing in them may lead elsewhere. */
export function checkName(name: string): void {
  if (!/^[\w][\w. -]*$/.test(name)) {
    throw new TankaError(
      'checkpoint-key-invalid',
      `'${name}' cannot be the name of a checkpoint: use letters, digits, '.', '-', '_' and spaces, and begin with a letter or digit.`,
    );
  }
}

/** The error for a name that is not there. */
export function notFound(name: string, where: string, cause?: unknown): TankaError {
  return new TankaError(
    'checkpoint-not-found',
    `There is no checkpoint '${name}' in ${where}. store.list() gives the names that there are.`,
    { cause },
  );
}

/** The error where the browser gives the page no such place. */
export function unavailable(place: string, cause: unknown): TankaError {
  return new TankaError(
    'checkpoint-store-unavailable',
    `There is no ${place} to keep checkpoints in: ${String(cause)}. Browsers refuse it in some private windows and where pages may keep nothing, ` +
      'and Node has none. Keep the bytes of saveSafetensors elsewhere, as a download for example.',
    { cause },
  );
}

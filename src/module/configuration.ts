import * as config from '../config/settings.js';
import { allowOriginal } from '../random/schemes.js';
import { allowUsageCheck } from './usage.js';

export type { Settings } from '../config/settings.js';

/** Loads what no settings but changed ones ask for. */
function prepare(): void {
  allowUsageCheck();
  allowOriginal();
}

/**
 * Changes settings for the rest of the program; those left out stay.
 *
 * @throws `setting-invalid` for an unknown name or a value that it cannot have.
 */
export function set(options: Partial<config.Settings>): void {
  prepare();
  config.set(options);
}

/**
 * Runs `f` with some settings changed and returns its result; afterwards, and when it throws, the settings are as before.
 *
 * @throws `setting-invalid` for an unknown name or a value that it cannot have.
 */
export function context<R>(options: Partial<config.Settings>, f: () => R): R {
  prepare();
  return config.context(options, f);
}

import { context as withSettings, set as changeSettings, type Settings } from '../config/settings.js';
import { allowOriginal } from '../random/schemes.js';
import { allowUsageCheck } from './usage.js';

export type { Settings };

/** Loads what no settings but changed ones ask for. */
function prepare(): void {
  allowUsageCheck();
  allowOriginal();
}

/**
 * Runs `f` with some settings changed and returns its result; afterwards, and when it throws, the settings are as before.
 *
 * @throws `setting-invalid` for an unknown name or a value that it cannot have.
 */
export function context<R>(options: Partial<Settings>, f: () => R): R {
  prepare();
  return withSettings(options, f);
}

/**
 * Changes settings for the rest of the program; those left out stay.
 *
 * @throws `setting-invalid` for an unknown name or a value that it cannot have.
 */
export function set(options: Partial<Settings>): void {
  prepare();
  changeSettings(options);
}

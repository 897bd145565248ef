import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The program that the environment variable names if it is set, else the first of `names` on PATH, else undefined. */
export function findProgram(variable: string, names: readonly string[]): string | undefined {
  const { [variable]: named = '', PATH = '' } = process.env;
  if (named !== '') return isExecutable(named) ? named : undefined;
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

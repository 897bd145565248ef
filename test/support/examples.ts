import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative: string): string =>
  fileURLToPath(new URL(`../../examples/${relative}`, import.meta.url));

/**
 * Runs an example in quick mode as a program of its own, on the built package as its user would, and returns the results that it
 * stated. Throws, with what it printed, when it fails.
 */
export function runExample(name: string): Record<string, number | number[]> {
  rmSync(path(`out/${name}.json`), { force: true });
  execFileSync(process.execPath, ['--import', 'tsx', path(`${name}/main.ts`), '--quick'], {
    stdio: 'pipe',
    encoding: 'utf8',
  });
  return JSON.parse(readFileSync(path(`out/${name}.json`), 'utf8')) as Record<string, number | number[]>;
}

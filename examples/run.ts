/**
 * `npm run examples NAME …` runs examples in full, `npm run examples -- --quick` all of them (or those named) in quick mode.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const known = readdirSync(here('.')).filter((name) => existsSync(here(`${name}/main.ts`)));

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const strangers = named.filter((name) => !known.includes(name));
if (strangers.length > 0 || flags.some((flag) => flag !== '--quick') || named.length + flags.length === 0) {
  console.error(`usage: npm run examples -- [--quick] [${known.join('] [')}]`);
  process.exit(2);
}

const failed = (named.length > 0 ? named : known).filter((name) => {
  console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', here(`${name}/main.ts`), ...flags], {
    stdio: 'inherit',
  });
  console.log(`${status === 0 ? 'done' : 'FAILED'} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return status !== 0;
});
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

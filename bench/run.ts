/**
 * Runs the benchmarks, each in a process of its own: `npm run bench`, or `npm run bench -- random jit` for some.
 *
 * Figures are medians of interleaved samples in one process; ratios are what counts. Run on a machine that does nothing else.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/** `native.ts` needs Python. */
const shared = ['run.ts', 'measure.ts', 'native.ts'];
const names = readdirSync('bench')
  .filter((file) => file.endsWith('.ts') && !shared.includes(file))
  .map((file) => file.replace(/\.ts$/, ''));
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. Known: ${names.join(', ')}.`);
  process.exit(1);
}
for (const name of chosen.length > 0 ? chosen : names) {
  console.log(`\n# ${name}`);
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', `bench/${name}.ts`], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

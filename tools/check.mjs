/** Every gate but the tests, one after the other; prints what failed and how long each took. */
import { spawnSync } from 'node:child_process';

/** @type {ReadonlyArray<readonly [name: string, command: string, ...args: string[]]>} */
const gates = [
  ['build', 'node', 'tools/build.mjs'],
  ['format', 'prettier', '--check', '.', '--log-level', 'warn'],
  ['lint', 'eslint', '.'],
  ['types, TypeScript 6', 'tsc', '--noEmit'],
  ['types of the examples', 'tsc', '--noEmit', '-p', 'examples'],
  ['types of the page', 'tsc', '--noEmit', '-p', 'examples/web'],
  ['types, TypeScript 7', 'node', 'node_modules/typescript7/bin/tsc', '--noEmit'],
  ['rooms and cycles', 'depcruise', 'src', '--config', '.dependency-cruiser.cjs'],
  ['dead exports', 'knip', '--include', 'files,exports,unlisted,unresolved', '--no-config-hints'],
  ['public API is as reported', 'node', 'tools/api-report.mjs'],
  ['API reference, nothing undocumented', 'typedoc', '--tsconfig', 'tsconfig.build.json', '--emit', 'none'],
  ['package, publint', 'publint', '--strict'],
  ['package, types resolve', 'attw', '--pack', '.', '--profile', 'esm-only', '--format', 'ascii'],
  ['release, dry run', 'node', 'tools/release.mjs', '--dry-run'],
  ['size of what a page loads', 'node', 'tools/size.mjs'],
  ['licences of dependencies', 'node', 'tools/licences.mjs'],
];

const chosen = process.argv.slice(2);
let failed = 0;
for (const [name, command, ...args] of gates) {
  if (chosen.length > 0 && !chosen.some((word) => name.includes(word))) continue;
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `node_modules/.bin:${process.env.PATH}` },
    maxBuffer: 1 << 28,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? '✔' : '✘'} ${name} (${seconds} s)`);
  if (status !== 0) {
    failed++;
    console.log(stdout, stderr);
  }
}
console.log(failed === 0 ? 'all gates passed' : `${failed} gates failed`);
process.exitCode = failed === 0 ? 0 : 1;

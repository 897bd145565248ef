/**
 * Runs the browser tests where there is a Chromium. Where there is none, the last line says so, with the command that installs one, and how many
 * tests were not run: a failure only with `--required`, as `npm run test:browser` and CI have it.
 */
import { spawnSync } from 'node:child_process';
import { findChromium, howToInstall } from './support/chromium.js';

const mocha = (...args: string[]) =>
  spawnSync('node_modules/.bin/mocha', ['--config', 'test/browser/.mocharc.json', ...args], {
    stdio: args.includes('--dry-run') ? 'pipe' : 'inherit',
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });

const required = process.argv.includes('--required');
const chromium = findChromium();
if (chromium !== undefined) {
  process.env.CHROMIUM = chromium;
  process.exitCode =
    mocha(...process.argv.slice(2).filter((argument) => argument !== '--required')).status ?? 1;
} else {
  const { stdout } = mocha('--dry-run', '--no-parallel', '--reporter', 'json');
  const { stats } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { stats: { tests: number } };
  const { CHROMIUM = '' } = process.env;
  const why = CHROMIUM === '' ? 'no Chromium found' : `CHROMIUM is no program: ${CHROMIUM}`;
  console.log(`${stats.tests} browser tests not run, ${why}. Install one: ${howToInstall}`);
  process.exitCode = required ? 1 : 0;
}

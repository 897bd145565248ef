/**
 * Runs the browser tests where there is a Chromium, and those of Firefox where there is one. Where there is none, the last line says so, with the
 * command that installs one, and how many tests were not run: for Chromium a failure with `--required`, as `npm run test:browser` and CI have it.
 */
import { spawnSync } from 'node:child_process';
import { findChromium, howToInstall } from './support/chromium.js';
import { findFirefox, howToInstallFirefox } from './support/firefox.js';

const mocha = (config: string, ...args: string[]) =>
  spawnSync('node_modules/.bin/mocha', ['--config', config, ...args], {
    stdio: args.includes('--dry-run') ? 'pipe' : 'inherit',
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });

interface Engine {
  readonly name: string;
  readonly config: string;
  /** The environment variable that names one, and the one that was found. */
  readonly variable: string;
  readonly program: string | undefined;
  readonly howToInstall: string;
  readonly tests: string;
}

const chromium: Engine = {
  name: 'Chromium',
  config: 'test/browser/.mocharc.json',
  variable: 'CHROMIUM',
  program: findChromium(),
  howToInstall,
  tests: 'browser tests',
};
const firefox: Engine = {
  name: 'Firefox',
  config: 'test/browser/firefox/.mocharc.json',
  variable: 'FIREFOX',
  program: findFirefox(),
  howToInstall: howToInstallFirefox,
  tests: 'tests in Firefox',
};

const required = process.argv.includes('--required');
const options = process.argv.slice(2).filter((argument) => argument !== '--required');

/** Whether all passed; undefined where they were not run. */
function run({ name, config, variable, program, howToInstall, tests }: Engine): boolean | undefined {
  if (program !== undefined) {
    process.env[variable] = program;
    return mocha(config, ...options).status === 0;
  }
  const { stdout } = mocha(config, '--dry-run', '--no-parallel', '--reporter', 'json');
  const { stats } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { stats: { tests: number } };
  const { [variable]: named = '' } = process.env;
  const why = named === '' ? `no ${name} found` : `${variable} is no program: ${named}`;
  console.log(`${stats.tests} ${tests} not run, ${why}. Install one: ${howToInstall}`);
  return undefined;
}

// What is missing is told last, Chromium at the very end.
const engines = chromium.program === undefined ? [firefox, chromium] : [chromium, firefox];
const results = engines.map((engine) => ({ engine, passed: run(engine) }));
const failed = results.some(
  ({ engine, passed }) => passed === false || (required && engine === chromium && passed === undefined),
);
process.exitCode = failed ? 1 : 0;

/**
 * Publishes a version: `node tools/release.mjs 0.2.0`. Writes the version and the changelog's heading, runs the tests and the gates,
 * commits, tags and publishes with provenance, which npm grants to builds of its supported CI services.
 * `node tools/release.mjs --dry-run` does what changes nothing: it checks the changelog and what the package would hold.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [argument] = process.argv.slice(2);
const dryRun = argument === '--dry-run';
const { version: current } = JSON.parse(readFileSync('package.json', 'utf8'));
const version = dryRun ? current : argument;

/** What users import, and what the licence asks for. */
const REQUIRED = ['LICENSE', 'NOTICE', 'CHANGELOG.md', 'README.md', 'dist/index.js', 'dist/index.d.ts'];

/** @param {string} message */
function stop(message) {
  console.error(message);
  process.exit(1);
}

/** @param {string} command @param {...string} args */
function run(command, ...args) {
  execFileSync(command, args, { stdio: 'inherit' });
}

/** The changes of the coming version, as the changelog has them. @param {string} changelog */
function unreleased(changelog) {
  const [, rest = ''] = changelog.split('\n## Unreleased\n');
  return rest.split('\n## ')[0].trim();
}

if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? '')) {
  stop('Say which version: node tools/release.mjs 1.2.3, or --dry-run.');
}
const changelog = readFileSync('CHANGELOG.md', 'utf8');
if (unreleased(changelog) === '')
  stop("CHANGELOG.md has nothing under '## Unreleased': there is nothing to release.");

if (!dryRun) {
  const changed = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' });
  if (changed !== '') stop(`Commit or stash first:\n${changed}`);
  run('npm', 'version', version, '--no-git-tag-version');
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync(
    'CHANGELOG.md',
    changelog.replace('## Unreleased', `## Unreleased\n\n## ${version} (${today})`),
  );
  run('npm', 'test');
  run('npm', 'run', 'check');
}

const [{ files }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  }),
);
const packed = new Set(files.map(({ path }) => path));
const missing = REQUIRED.filter((path) => !packed.has(path));
if (missing.length > 0) stop(`The package lacks ${missing.join(', ')}: npm run build`);
const foreign = [...packed].filter((path) => /^(test|bench|examples|tools|assembly)\//.test(path));
if (foreign.length > 0) stop(`The package holds what is no part of it: ${foreign.join(', ')}`);

if (dryRun) {
  run('npm', 'publish', '--dry-run', '--provenance', '--access', 'public', '--loglevel', 'error');
} else {
  run('git', 'commit', '--all', '--message', `Release ${version}`);
  run('git', 'tag', `v${version}`);
  run('npm', 'publish', '--provenance', '--access', 'public');
}

/** Fails when something that a user installs has a licence that an Apache-2.0 package cannot depend on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ALLOWED = new Set(['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense']);

const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const seen = new Map();

/** Follows the dependencies that a user of the package gets, wherever npm has put them. */
function visit(name, from) {
  let folder = from;
  let found;
  for (;;) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) {
      found = candidate;
      break;
    }
    if (folder === '.' || folder === '/') throw new Error(`${name} is not installed.`);
    folder = join(folder, '..');
  }
  if (seen.has(found)) return;
  const manifest = read(found);
  seen.set(found, `${manifest.name}@${manifest.version}: ${manifest.license ?? 'no licence stated'}`);
  if (
    !String(manifest.license)
      .split(' AND ')
      .every((licence) => ALLOWED.has(licence))
  ) {
    console.error(`${seen.get(found)} is not among ${[...ALLOWED].join(', ')}`);
    process.exitCode = 1;
  }
  for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, found);
}

const own = read('.');
for (const name of Object.keys({ ...own.dependencies, ...own.peerDependencies })) visit(name, '.');
console.log(`${seen.size} packages checked`);

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { manifest, torchManifest } from './support/golden-trees.js';

/** Why a recorded case has no test of its own. */
const left: Readonly<Record<string, string>> = {};

const tests = readdirSync('test/wrapper', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(join('test/wrapper', file), 'utf8'))
  .join('\n');

describe('the recorded cases of the wrapper layers', () => {
  for (const name of [...Object.keys(manifest.cases), ...Object.keys(torchManifest.cases)]) {
    it(`${name} is tested, or left with a reason`, () => {
      const tested =
        tests.includes(`itMatches('${name}'`) ||
        tests.includes(`{ name: '${name}'`) ||
        tests.includes(`name: '${name}',\n`);
      expect(tested !== name in left, name).to.equal(true);
    });
  }
});

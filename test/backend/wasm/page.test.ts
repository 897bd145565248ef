import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { gradientRules } from '../../../src/backend/gradients/rules.js';
import { useWasm } from '../../../src/wasm/index.js';

const page = readFileSync('docs/wasm.md', 'utf8');

/** The names in code in the first column of the tables between two headings. */
function namesBetween(begin: string, end: string): string[] {
  const section = page.slice(page.indexOf(`\n## ${begin}\n`), page.indexOf(`\n## ${end}\n`));
  const cells = section.split('\n').flatMap((line) => (line.startsWith('|') ? [line.split('|')[1]] : []));
  const names = cells.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name));
  return [...new Set(names)].sort();
}

describe('docs/wasm.md', () => {
  it('names every kernel that useWasm replaces or adds, and no other', async () => {
    const { kernels } = await useWasm();
    expect(namesBetween('Dense kernels', 'Gradient rules')).to.deep.equal([...kernels].sort());
  });

  it('names every gradient rule, and no other', () => {
    const names = gradientRules.map(({ kernelName }) => kernelName);
    expect(namesBetween('Gradient rules', 'By pointer')).to.deep.equal(names.sort());
  });

  it('names tests that exist', () => {
    for (const [, file] of page.matchAll(/`(test\/[\w/-]+\.test\.ts)`/g))
      expect(() => readFileSync(file)).not.to.throw();
  });
});

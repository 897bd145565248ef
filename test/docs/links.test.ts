import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

/** The anchors that a page's headings make. */
function anchors(page: string): Set<string> {
  const text = readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('links in README and docs', () => {
  for (const page of pages) {
    const text = readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    const inner = links.filter((link) => !/^[a-z]+:/.test(link));
    if (inner.length === 0) continue;
    it(`${page} leads to what is there`, () => {
      for (const link of inner) {
        const [path, anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        expect(existsSync(target), link).to.equal(true);
        if (anchor !== undefined) expect(anchors(target).has(anchor), link).to.equal(true);
      }
    });
  }
});

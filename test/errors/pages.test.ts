import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

/** The codes as the source states them: the catalogue is a type, so it costs users nothing and cannot be read at run time. */
function statedCodes(): string[] {
  const folder = 'src/errors/codes';
  return readdirSync(folder)
    .flatMap((file) => [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(/'([a-z0-9-]+)'/g)])
    .map((match) => match[1])
    .sort();
}

function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
    .join('\n');
}

describe('error codes', () => {
  const codes = statedCodes();
  const pages = readdirSync('docs/errors').map((file) => file.replace(/\.md$/, ''));

  it('are stated once', () => {
    expect(codes).to.deep.equal([...new Set(codes)]);
  });

  it('have a page each, and no page is without a code', () => {
    expect(pages.filter((page) => page !== 'README').sort()).to.deep.equal(codes);
  });

  it('have pages that show wrong and right code', () => {
    const incomplete = codes.filter((code) => {
      const page = readFileSync(`docs/errors/${code}.md`, 'utf8');
      return (
        !page.startsWith(`# ${code}\n`) || !/^```ts wrong/m.test(page) || !/^```ts( no-run)?$/m.test(page)
      );
    });
    expect(incomplete).to.deep.equal([]);
  });

  it('are thrown by the source and named by a test', () => {
    const source = sources('src').replaceAll(/^\/\*\* Codes[\s\S]*?;/gm, '');
    const tests = sources('test');
    expect(codes.filter((code) => !source.includes(`'${code}'`))).to.deep.equal([]);
    expect(codes.filter((code) => !tests.includes(`'${code}'`))).to.deep.equal([]);
  });
});

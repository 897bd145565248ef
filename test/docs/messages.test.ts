import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { allBlocks, type Block } from './blocks.js';
import { cleanedRun } from '../support/cleaned-run.js';

const folder = resolve('build/messages');
const recorded = 'test/docs/messages.json';

/** Part of the address of a block: mutation tests run it again in the same process, and a module is evaluated once. */
let imports = 0;

/** Entry points of the package as files of the source. */
const entries: Readonly<Record<string, string>> = {
  tanka: 'index.ts',
  'tanka/wasm': 'wasm/index.ts',
};

/** The code of a block, on the source and not on the built package. */
function onSource({ code }: Block): string {
  return code.replaceAll(/from '(tanka(?:\/[\w-]+)?)'/g, (_, entry: string) => {
    const file = entries[entry] ?? `${entry.replace('tanka/', '')}/index.ts`;
    return `from '${pathToFileURL(resolve('src', file)).href}'`;
  });
}

/**
 * What users read when they make the mistake that a page shows. A change of a message is a change of `messages.json`, which a review
 * sees: `UPDATE_MESSAGES=1 npx mocha test/docs/messages.test.ts` records it.
 */
describe('error messages', () => {
  const update = process.env.UPDATE_MESSAGES === '1';
  const messages = JSON.parse(readFileSync(recorded, 'utf8')) as Record<string, string>;
  const seen: Record<string, string> = {};
  const blocks = allBlocks().filter(({ tags }) => tags.includes('wrong') && !tags.includes('no-run'));
  const numbers = new Map<string, number>();

  before(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  });

  after(() => {
    if (update) writeFileSync(recorded, `${JSON.stringify(seen, null, 2)}\n`);
  });

  for (const block of blocks) {
    const page = basename(block.where.replace(/:\d+$/, ''), '.md');
    const number = (numbers.get(page) ?? 0) + 1;
    numbers.set(page, number);
    const name = number === 1 ? page : `${page} ${number}`;

    it(name, async () => {
      const file = `${folder}/${name.replace(' ', '-')}.ts`;
      writeFileSync(file, onSource(block));
      const thrown = (await cleanedRun(() => import(`${pathToFileURL(file).href}?${++imports}`))) as Error;
      seen[name] = thrown.message;
      if (!update) expect(thrown.message).to.equal(messages[name]);
    });
  }

  it('are recorded for no page that is gone', () => {
    if (!update) expect(Object.keys(messages).sort()).to.deep.equal(Object.keys(seen).sort());
  });
});

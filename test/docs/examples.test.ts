import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { cleanedRun } from '../support/cleaned-run.js';
import { allBlocks, type Block } from './blocks.js';

const run = promisify(execFile);
const folder = resolve('build/docs');

function fileOf(block: Block): string {
  return `${block.where.replaceAll(/[^a-zA-Z0-9]+/g, '-')}.ts`;
}

describe('the code in README, docs and docs comments', function () {
  this.timeout(300_000);
  const blocks = allBlocks();

  before(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const block of blocks) writeFileSync(`${folder}/${fileOf(block)}`, block.code);
    const options = { noUnusedLocals: false, noUnusedParameters: false };
    writeFileSync(
      `${folder}/tsconfig.json`,
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions: options, include: ['.'] }),
    );
  });

  it('is typed', async () => {
    const wrong = blocks.filter(({ tags }) => tags.includes('wrong')).map(fileOf);
    let output = '';
    try {
      await run('node_modules/.bin/tsc', ['--noEmit', '-p', folder], { maxBuffer: 1 << 26 });
    } catch (error) {
      output = (error as { stdout: string }).stdout;
    }
    // What a page shows as wrong may be wrong in its types too.
    const errors = output
      .split('\n')
      .filter((line) => line.includes('error TS') && !wrong.some((file) => line.includes(file)));
    expect(errors.join('\n')).to.equal('');
  });

  for (const block of blocks.filter(({ tags }) => !tags.includes('no-run'))) {
    it(`${block.where} runs`, async () => {
      const thrown = await cleanedRun(() => import(pathToFileURL(`${folder}/${fileOf(block)}`).href));
      if (block.tags.includes('wrong')) {
        const code = basename(block.where.replace(/:\d+$/, ''), '.md');
        expect((thrown as { code?: string } | undefined)?.code, String(thrown)).to.equal(code);
      } else if (thrown !== undefined) {
        throw thrown as Error;
      }
    });
  }
});

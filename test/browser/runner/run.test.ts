import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

describe('test/browser/run.ts', () => {
  let folder: string;

  before(() => {
    // A PATH with Node alone.
    folder = mkdtempSync(join(tmpdir(), 'tanka-path-'));
    symlinkSync(process.execPath, join(folder, 'node'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(
    chromium: string | undefined,
    ...args: string[]
  ): { status: number | null; lines: string[]; last: string } {
    const env: NodeJS.ProcessEnv = { ...process.env, PATH: folder, CHROMIUM: chromium };
    delete env.FIREFOX;
    if (chromium === undefined) delete env.CHROMIUM;
    const { status, stdout } = spawnSync('node', ['--import', 'tsx', 'test/browser/run.ts', ...args], {
      env,
      encoding: 'utf8',
    });
    const lines = stdout.trimEnd().split('\n');
    return { status, lines, last: lines.at(-1) ?? '' };
  }

  it('counts the tests as not run where there is no browser, says how to get one in its last line, and passes', () => {
    const { status, lines, last } = run(undefined);
    expect(lines.at(-2)).to.match(
      /^\d+ tests in Firefox not run, no Firefox found\. Install one: .*apt-get install firefox-esr/,
    );
    expect(last).to.match(
      /^([4-9]\d|\d{3}) browser tests not run, no Chromium found\. Install one: .*apt-get install chromium/,
    );
    expect(status).to.equal(0);
  });

  it('fails instead where they are required, and names what CHROMIUM says when that is no program', () => {
    const { status, last } = run('/nowhere/chromium', '--required');
    expect(last).to.match(
      /^\d+ browser tests not run, CHROMIUM is no program: \/nowhere\/chromium\. Install one/,
    );
    expect(status).to.equal(1);
  });
});

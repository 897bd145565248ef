import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { startBrowser } from '../support/browser.js';
import { serveFolder, type StaticServer } from '../support/server.js';
import { folder, layOutTests, type UnitTests } from './lay-out.js';
import { nodeOnly } from './node-only.js';

describe('the unit tests of the library in Chromium, on the relaxed kernels', function () {
  this.timeout(1_800_000);
  let server: StaticServer;

  before(async () => {
    await layOutTests();
    server = await serveFolder('.');
  });

  after(() => server.close());

  it('leave out only files that exist and are listed with a reason', () => {
    expect(Object.keys(nodeOnly).filter((file) => !existsSync(`test/${file}`))).to.deep.equal([]);
  });

  it('pass, all of them', async () => {
    const context = await (await startBrowser()).newContext();
    try {
      const open = await context.newPage();
      await open.goto(`${server.url}${folder}/`);
      const handle = await open.waitForFunction(
        () => (globalThis as { result?: unknown }).result,
        undefined,
        {
          timeout: 1_700_000,
          polling: 1000,
        },
      );
      const { passed, failures, relaxedSimd } = (await handle.jsonValue()) as UnitTests;
      expect(relaxedSimd).to.equal(true);
      expect(failures).to.deep.equal([]);
      expect(passed).to.be.greaterThan(5000);
    } finally {
      await context.close();
    }
  });
});

import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { startBrowser } from '../support/browser.js';
import { serveFolder, type StaticServer } from '../support/server.js';
import { bundleTests, pageTests } from './bundle.js';
import { nodeOnly } from './node-only.js';

interface Outcome {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly relaxedSimd: boolean;
}

const folder = 'build/unit';
const page = `<!doctype html>
<title>unit tests</title>
<link rel="icon" href="data:," />
<div id="mocha"></div>
<script src="mocha.js"></script>
<script type="module">
  mocha.setup({ ui: 'bdd', timeout: 120000, reporter: function () {} });
  await import('./tests.js');
  const failures = [];
  let passed = 0;
  mocha
    .run()
    .on('pass', () => (globalThis.passed = ++passed))
    .on('fail', (test, error) => failures.push(test.fullTitle() + ': ' + error.message))
    .on('end', () => (globalThis.result = { passed, failures, relaxedSimd: report.relaxedSimd }));
</script>
`;

describe('the unit tests of the library in Chromium, on the relaxed kernels', function () {
  this.timeout(1_800_000);
  let server: StaticServer;

  before(async () => {
    mkdirSync(folder, { recursive: true });
    copyFileSync('node_modules/mocha/mocha.js', `${folder}/mocha.js`);
    cpSync('src/backend/wasm/binaries', `${folder}/binaries`, { recursive: true });
    writeFileSync(`${folder}/index.html`, page);
    await bundleTests(`${folder}/tests.js`, pageTests());
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
      const { passed, failures, relaxedSimd } = (await handle.jsonValue()) as Outcome;
      expect(relaxedSimd).to.equal(true);
      expect(failures).to.deep.equal([]);
      expect(passed).to.be.greaterThan(5000);
    } finally {
      await context.close();
    }
  });
});

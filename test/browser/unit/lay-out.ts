import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { bundleTests, pageTests } from './bundle.js';

/** What the page leaves in `window.result`. */
export interface UnitTests {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly relaxedSimd: boolean;
}

/** Of the page, from the root of the repository, which is served whole. */
export const folder = 'build/unit';
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

/** Bundles the tests and writes the page that runs them. */
export async function layOutTests(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  copyFileSync('node_modules/mocha/mocha.js', `${folder}/mocha.js`);
  cpSync('src/backend/wasm/binaries', `${folder}/binaries`, { recursive: true });
  writeFileSync(`${folder}/index.html`, page);
  await bundleTests(`${folder}/tests.js`, pageTests());
}

import { buildPage } from './page/site.js';
import { stopBrowser } from './support/browser.js';
import { findChromium } from './support/chromium.js';

/** Once, before the processes that run the files: several of them open the page. */
export async function mochaGlobalSetup(): Promise<void> {
  // Where there is none, the tests are only counted.
  if (findChromium() !== undefined) await buildPage();
}

export const mochaHooks: Mocha.RootHookObject = { afterAll: stopBrowser };

import { stopBrowser } from './support/browser.js';

export const mochaHooks: Mocha.RootHookObject = { afterAll: stopBrowser };

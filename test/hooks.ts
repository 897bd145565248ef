import { memory } from '@tensorflow/tfjs-core';
import '../src/index.js';
import { useWasm } from '../src/backend/wasm/index.js';

let before = 0;

/** Every test runs on WASM and must leave as many tensors as it found. */
export const mochaHooks: Mocha.RootHookObject = {
  async beforeAll() {
    await useWasm();
  },
  beforeEach() {
    before = memory().numTensors;
  },
  afterEach(this: Mocha.Context) {
    const leaked = memory().numTensors - before;
    if (leaked !== 0 && this.currentTest?.state !== 'failed') {
      throw new Error(`The test left ${leaked} tensors behind: dispose of what it makes.`);
    }
  },
};

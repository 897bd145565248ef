import { env, memory } from '@tensorflow/tfjs-core';
import '../src/index.js';
import { useWasm } from '../src/wasm/index.js';

let before = 0;
const leaks: string[] = [];

/** Every test runs on WASM and must leave as many tensors as it found. */
export const mochaHooks: Mocha.RootHookObject = {
  async beforeAll() {
    // Set by the test that runs the kernel tests with the binary that the engine would not take by itself.
    const { TANKA_RELAXED_SIMD: relaxed } = process.env;
    if (relaxed !== undefined) env().set('WASM_HAS_RELAXED_SIMD_SUPPORT', relaxed === 'true');
    await useWasm();
  },
  beforeEach() {
    before = memory().numTensors;
  },
  afterEach(this: Mocha.Context) {
    const leaked = memory().numTensors - before;
    if (leaked !== 0 && this.currentTest?.state !== 'failed') {
      leaks.push(`${this.currentTest?.fullTitle() ?? ''}: ${leaked}`);
    }
  },
  afterAll() {
    // Not thrown after the test itself: mocha would leave out all tests that follow.
    if (leaks.length > 0)
      throw new Error(`These tests left tensors behind, dispose of what they make:\n${leaks.join('\n')}`);
  },
};

import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

/** Describes the same tests on WASM and on TensorFlow.js' plain CPU backend. */
export function onEachBackend(title: string, tests: () => void): void {
  for (const backend of ['wasm', 'cpu']) {
    describe(`${title} on ${backend}`, () => {
      let previous = '';
      before(async () => {
        previous = getBackend();
        await setBackend(backend);
      });
      tests();
      after(async () => {
        await setBackend(previous);
      });
    });
  }
}

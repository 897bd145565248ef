import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

/** Describes the same tests on WASM and on TensorFlow.js' plain CPU backend. */
export function onEachBackend(title: string, tests: () => void, backends = ['wasm', 'cpu']): void {
  for (const backend of backends) {
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

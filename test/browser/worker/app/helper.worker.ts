import { tensor1d } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { useWasm } from 'tanka/wasm';
import { currentSignal, serve, transfer } from 'tanka/worker';

const name = crypto.randomUUID();
let begun = 0;
let aborted = 0;

/** What tests of the ways of workers ask for. */
const functions = {
  refuse: () => hk.forceName('9'),
  wait: async (ms: number): Promise<string> => {
    begun++;
    currentSignal().addEventListener('abort', () => aborted++);
    await new Promise((resolve) => setTimeout(resolve, ms));
    return name;
  },
  counts: () => ({ begun, aborted }),
  reversed: (bytes: Uint8Array) => transfer(bytes.reverse()),
  numbers: () => tensor1d([1, 2, 3]),
  die: () => {
    setTimeout(() => {
      throw new Error('out of table');
    });
    return new Promise<void>(() => undefined);
  },
};

export type Functions = typeof functions;
serve(async () => {
  await useWasm();
  return functions;
});

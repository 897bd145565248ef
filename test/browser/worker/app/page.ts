import { memory, tensor2d, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { useWasm } from 'tanka/wasm';
import { startWorker, transfer, type WorkerPool } from 'tanka/worker';
// The files of docs/browser.md, which the test lays beside this one.
// @ts-expect-error they have no types
import { cachedWeights } from './cached-weights.js';
// @ts-expect-error they have no types
import { startPool } from './pool.js';
import type { Functions } from './helper.worker.js';

const helpers = (workers = 1): WorkerPool<Functions> =>
  startWorker<Functions>(
    () => new Worker(new URL('./helper.worker.ts', import.meta.url), { type: 'module' }),
    {
      workers,
    },
  );

/** What an error says of itself on this side. */
async function failure(call: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await call.then(
    () => ({}),
    (reason: unknown) => reason as Error & { code?: string },
  );
  const { name, message, code } = error as Error & { code?: string };
  return { name, message, code };
}

/** The same network here and by a pool that runs its saved graph. */
async function graph() {
  const model = hk.transform((x: Tensor2D) => new hk.nets.MLP([16, 3]).call(x));
  const inputs = Array.from({ length: 12 }, (_, i) => tensor2d([[i, 1 - i, i / 7, 2]]));
  const params = model.init(42, inputs[0]);
  const classify = hk.jit((x: Tensor2D) => model.apply(params, null, x), { constants: params });
  const saved = hk.saveGraph(classify, inputs[0]);
  const pool = (startPool as (bytes: Uint8Array) => WorkerPool<{ classify(x: Tensor2D): Tensor }>)(saved);
  const before = memory().numTensors;
  const answers = await Promise.all(inputs.map((x) => pool.run.classify(x)));
  const here = inputs.map((x) => tidy(() => Array.from(classify(x).dataSync())));
  const there = answers.map((answer) => Array.from(answer.dataSync()));
  hk.tree.dispose(answers);
  const kept = memory().numTensors - before;
  pool.close();
  return { here, there, kept, closed: await failure(pool.run.classify(inputs[0])) };
}

async function errors() {
  const pool = helpers();
  const refused = await failure(pool.run.refuse());
  const unsendable = await failure((pool.run.wait as (x: unknown) => Promise<unknown>)(() => 1));
  pool.close();
  return { refused, unsendable };
}

async function cancellation() {
  const pool = helpers();
  await pool.run.wait(0);
  const [running, waiting] = [new AbortController(), new AbortController()];
  const calls = [
    failure(pool.with({ signal: running.signal }).wait(200)),
    failure(pool.with({ signal: waiting.signal }).wait(200)),
  ];
  setTimeout(() => {
    running.abort();
    waiting.abort(new Error('changed my mind'));
  }, 20);
  const [first, second] = await Promise.all(calls);
  const counts = await pool.run.counts();
  pool.close();
  return { first, second, counts };
}

async function moving() {
  const pool = helpers();
  const bytes = Uint8Array.of(1, 2, 3);
  const reversed = [...(await pool.run.reversed(transfer(bytes)))];
  const numbers = await pool.run.numbers();
  const values = [...numbers.dataSync()];
  numbers.dispose();
  pool.close();
  return { left: bytes.length, reversed, values };
}

async function sharing() {
  const pool = helpers(2);
  const names = await Promise.all(Array.from({ length: 40 }, () => pool.run.wait(50)));
  pool.close();
  return new Set(names).size;
}

async function dying() {
  const pool = helpers();
  return [await failure(pool.run.die()), await failure(pool.run.wait(0))];
}

async function weights(): Promise<number[]> {
  const { linear } = await (cachedWeights as (url: string) => Promise<hk.Params>)('weights.safetensors');
  return Array.from(linear.w.dataSync());
}

async function main() {
  await useWasm();
  return {
    graph: await graph(),
    errors: await errors(),
    cancellation: await cancellation(),
    moving: await moving(),
    sharing: await sharing(),
    dying: await dying(),
  };
}

Object.assign(window, { weights });
export type Outcome = Awaited<ReturnType<typeof main>>;
main().then(
  (result) => Object.assign(window, { result }),
  (error: unknown) => Object.assign(window, { result: { error: String((error as Error).stack) } }),
);

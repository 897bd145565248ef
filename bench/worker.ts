/**
 * Throughput of `tanka/worker`: a batch of inferences of EfficientNet-Lite0 on the main thread, in one worker and in a pool of two, with the way of
 * images and results included, and that way alone.
 * `npm run build && node --import tsx bench/worker.ts`
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'tanka/wasm';
import { startWorker, type WorkerPool } from 'tanka/worker';
import { interleave, row } from './measure.js';
import { classifier } from './nets/classifier.js';
import type { Classifier } from './nets/classifier.worker.js';

const BATCH = 8;

const report = await useWasm();
console.log(
  `node ${process.version}, ${report.relaxedSimd ? 'relaxed SIMD' : 'SIMD'}, ${availableParallelism()} processors`,
);
const weights = new Uint8Array(
  readFileSync(new URL('../examples/pretrained/weights/efficientnet_lite0.safetensors', import.meta.url)),
);
const images = Array.from({ length: BATCH }, (_, i) =>
  tf.randomUniform<tf.Rank.R4>([1, 224, 224, 3], -1, 1, 'float32', i),
);
const here = classifier(weights);
const script = new URL('./nets/classifier.worker.ts', import.meta.url).href;
// Node 20 does not hand tsx on to workers.
const typed = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import('${script}'); })`;
const start = (workers: number): WorkerPool<Classifier> =>
  startWorker<Classifier>(() => new Worker(typed, { eval: true }), { data: weights, workers });
const pools = { one: start(1), two: start(2) };

type Results = readonly (readonly number[])[];
const numbers = async (results: readonly tf.Tensor[]): Promise<Results> => {
  const values = await Promise.all(results.map(async (result) => Array.from(await result.data())));
  tf.dispose([...results]);
  return values;
};
const inPool = async ({ run }: WorkerPool<Classifier>): Promise<Results> =>
  numbers(await Promise.all(images.map((image) => run.classify(image))));
const onMain = async (): Promise<Results> => numbers(images.map((image) => here.classify(image)));

// The first call of each records its plan, which then folds the weights in.
for (const run of [onMain, () => inPool(pools.one), () => inPool(pools.two)]) await run();
const [a, b, c] = [await onMain(), await inPool(pools.one), await inPool(pools.two)];
if (JSON.stringify(a) !== JSON.stringify(b) || JSON.stringify(a) !== JSON.stringify(c))
  throw new Error('The workers compute something else than the main thread.');

const times = await interleave(
  {
    main: { run: () => onMain().then(() => undefined) },
    worker: { run: () => inPool(pools.one).then(() => undefined) },
    pool: { run: () => inPool(pools.two).then(() => undefined) },
  },
  { rounds: 21, warmUp: 1 },
);
console.log(row(`${BATCH} x EfficientNet-Lite0: main, worker, pool of 2`, times));
const second = (ms: number): string => `${((1000 * BATCH) / ms).toFixed(1)} images/s`;
console.log(
  `  main ${second(times.main.median)}, one worker ${second(times.worker.median)}, pool of 2 ${second(times.pool.median)}: ` +
    `${(times.main.median / times.pool.median).toFixed(2)}x of main (least disturbed ${(times.main.low / times.pool.low).toFixed(2)}x)`,
);

const way = await interleave(
  {
    way: {
      run: async () => {
        (await pools.one.run.echo(images[0])).dispose();
      },
    },
  },
  { rounds: 15, warmUp: 10 },
);
console.log(
  `there and back with 602 kB each way: ${way.way.median.toFixed(2)} ms (least disturbed ${way.way.low.toFixed(2)} ms)`,
);
pools.one.close();
pools.two.close();

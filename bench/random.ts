/**
 * Random numbers beside those of `@jax-js/jax` (WASM device) and `tf.randomNormal`, in millions of values a second, and the time that `init` of a
 * ResNet50 takes: `node --import tsx bench/random.ts`. One process, one thread, interleaved.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as hk from '../src/index.js';
import { useWasm } from '../src/wasm/index.js';
import { javascriptKernels } from '../src/random/kernels/javascript.js';
import { withKernels } from '../src/random/kernels/select.js';
import { interleave, type Contender } from './measure.js';

// It asks for the number of processors, which Node 20 does not tell.
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { hardwareConcurrency: 1 } });
const jax = await import('@jax-js/jax');
await jax.init();
jax.defaultDevice('wasm');
await useWasm({ threads: 1 });
const { version } = JSON.parse(
  readFileSync(new URL('../node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'),
) as { version: string };
console.log(`node ${process.version}, tfjs ${tf.version_core}, @jax-js/jax ${version}; values: 2^20 float32`);

const N = 2 ** 20;
const key = hk.random.key(42);
const draw = (sampler: () => tf.Tensor): Contender => ({ run: () => sampler().dispose() });
const inJavascript = (sampler: () => tf.Tensor): Contender => ({
  run: () => withKernels(javascriptKernels, sampler).dispose(),
});

async function compare(title: string, contenders: Record<string, Contender>): Promise<void> {
  const timings = await interleave(contenders, { rounds: 11, sampleMs: 20, warmUp: 5 });
  const speeds = Object.entries(timings).map(
    ([name, { median, cpu }]) =>
      `${name} ${(N / median / 1e3).toFixed(1)} (by its own time ${(N / cpu / 1e3).toFixed(1)})`,
  );
  console.log(`${title.padEnd(16)} M/s: ${speeds.join(' | ')}`);
}

await compare('uniform', {
  tanka: draw(() => hk.random.uniform(key, [N])),
  'tanka in JavaScript': inJavascript(() => hk.random.uniform(key, [N])),
  'jax-js': { run: () => void jax.random.uniform(jax.random.key(42), [N]).dataSync() },
  'tf.randomUniform': draw(() => tf.randomUniform([N])),
});
await compare('normal', {
  tanka: draw(() => hk.random.normal(key, [N])),
  'tanka in JavaScript': inJavascript(() => hk.random.normal(key, [N])),
  'jax-js': { run: () => void jax.random.normal(jax.random.key(42), [N]).dataSync() },
  'tf.randomNormal': draw(() => tf.randomNormal([N])),
});
await compare('truncatedNormal', {
  tanka: draw(() => hk.random.truncatedNormal(key, -2, 2, [N])),
  'tf.truncatedNormal': draw(() => tf.truncatedNormal([N])),
});
await compare('bernoulli', { tanka: draw(() => hk.random.bernoulli(key, 0.5, [N])) });
await compare('gumbel', { tanka: draw(() => hk.random.gumbel(key, [N])) });
await compare('randint', { tanka: draw(() => hk.random.randint(key, [N], 0, 1000)) });
await compare('permutation', { tanka: draw(() => hk.random.permutation(key, N)) });

const image = tf.zeros<tf.Rank.R4>([1, 224, 224, 3]);
const net = hk.transformWithState((x: tf.Tensor4D) => new hk.nets.ResNet50(1000).call(x, true));
const init: Contender = {
  run: () => {
    for (const tree of net.init(42, image)) hk.tree.dispose(tree);
  },
};
const { tanka } = await interleave({ tanka: init }, { rounds: 5, warmUp: 1 });
console.log(`init of ResNet50 on 224 × 224: ${tanka.median.toFixed(0)} ms`);
process.exit(0);

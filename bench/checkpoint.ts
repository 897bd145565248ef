/**
 * Reading 100 MB of float32 from a safetensors file into the WASM backend, beside a plain read of the file and one copy into the backend.
 * `node --import tsx bench/checkpoint.ts`
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from '../src/wasm/index.js';
import { loadSafetensors, loadSafetensorsFile, saveSafetensors } from '../src/checkpoint/index.js';
import { dispose } from '../src/tree/tree.js';
import { interleave, row } from './measure.js';

await useWasm();
const folder = mkdtempSync(join(tmpdir(), 'tanka-bench-'));
const path = join(folder, 'model.safetensors');
const tree = Object.fromEntries(
  Array.from({ length: 25 }, (_, i) => [`layer_${i}`, { w: tf.ones([1000, 1000]) }]),
);
writeFileSync(path, saveSafetensors(tree));
dispose(tree);
const timings = await interleave(
  {
    loadSafetensors: { run: () => dispose(loadSafetensors(readFileSync(path))) },
    loadSafetensorsFile: { run: async () => dispose(await loadSafetensorsFile(path)) },
    'plain read and copy': {
      run: () => {
        const bytes = readFileSync(path);
        tf.tensor1d(new Float32Array(bytes.buffer, bytes.byteOffset, 25e6)).dispose();
      },
    },
  },
  { rounds: 5, warmUp: 0 },
);
rmSync(folder, { recursive: true });
console.log(row('100 MB float32', timings));

/**
 * Loads mutations of valid checkpoint files and reports anything but a result or a typed error without tensors left behind.
 *
 *     npx tsx tools/fuzz-checkpoints.ts 1000000 SEED
 */
import { readFileSync } from 'node:fs';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { fuzzCheckpoints, type FuzzReport } from '../test/checkpoint/fuzz.js';

await setBackend('cpu');
const count = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1);
const start = performance.now();
const total: FuzzReport = { loaded: 0, refused: {}, failures: [] };
for (const file of [
  'haiku.safetensors',
  'haiku.npz',
  'haiku-compressed.npz',
  'fortran.npy',
  'dtypes.safetensors',
]) {
  const bytes = new Uint8Array(readFileSync(`test/goldens/checkpoint/${file}`));
  const report = fuzzCheckpoints(file, bytes, Math.ceil(count / 5), seed);
  total.loaded += report.loaded;
  for (const [code, times] of Object.entries(report.refused))
    total.refused[code] = (total.refused[code] ?? 0) + times;
  total.failures.push(...report.failures);
}
const seconds = ((performance.now() - start) / 1000).toFixed(0);
console.log(
  JSON.stringify(
    { count, seed, seconds, peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024), ...total },
    null,
    2,
  ),
);
process.exitCode = total.failures.length > 0 ? 1 : 0;

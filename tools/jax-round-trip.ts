/** The TypeScript half of `tools/jax-round-trip.py`: goes on from Python's checkpoint for 3 steps and saves. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { saveSafetensors } from '../src/checkpoint/index.js';
import { useWasm } from '../src/wasm/index.js';
import { loadCheckpoint, loadData, recorded, train } from '../test/support/jax-round-trip.js';

const folder = process.argv[2] ?? 'build/jax';
await useWasm();
mkdirSync(folder, { recursive: true });
const data = loadData();
const checkpoint = train(loadCheckpoint(recorded('checkpoint'), data), data, 3);
writeFileSync(`${folder}/checkpoint.safetensors`, saveSafetensors(checkpoint));

/** Reads a golden checkpoint and writes it again in every format, for `tools/check-checkpoints.py`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadSafetensors, saveNpz, saveSafetensors } from '../src/checkpoint/index.js';

const folder = process.argv[2] ?? 'build/checkpoints';
await setBackend('cpu');
mkdirSync(folder, { recursive: true });
const tree = loadSafetensors(new Uint8Array(readFileSync('test/goldens/checkpoint/haiku.safetensors')));
writeFileSync(`${folder}/haiku.safetensors`, saveSafetensors(tree));
writeFileSync(`${folder}/haiku.npz`, saveNpz(tree));
writeFileSync(`${folder}/haiku-compressed.npz`, saveNpz(tree, { compressed: true }));

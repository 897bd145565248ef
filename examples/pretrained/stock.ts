/** Times one inference of a pretrained model on TensorFlow.js' WASM backend as it comes, and prints the milliseconds. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { median, models } from './demonstration.js';

const [name, ...inputs] = process.argv.slice(2);
setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
await setBackend('wasm');
await ready();
const { eager } = await (await models[name]()).prepare(inputs);
console.log(median(eager));

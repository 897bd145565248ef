import {
  memory,
  tensor1d,
  tensor4d,
  zeros,
  type Rank,
  type Tensor1D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { saveSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';
import { transfer } from 'tanka/worker';
import type { Features } from '../features.js';
import { classify, network, optimiser, update, type TrainingState } from './model.js';

const BATCH = 64;
const PIXELS = 784;
const SEED = 42;

/** Images of a byte a pixel, row by row, and their digits. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

function batch({ images, labels }: Digits, places: ArrayLike<number>): [Tensor4D, Tensor1D] {
  const pixels = new Float32Array(places.length * PIXELS);
  const digits = new Int32Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const from = places[i] * PIXELS;
    for (let j = 0; j < PIXELS; j++) pixels[i * PIXELS + j] = images[from + j] / 255;
    digits[i] = labels[places[i]];
  }
  return [tensor4d(pixels, [places.length, 28, 28, 1]), tensor1d(digits, 'int32')];
}

/** What the worker serves: the network and its training on these images, which also runs in Node. */
export async function trainer({ train, test }: { readonly train: Digits; readonly test: Digits }) {
  const { simd, relaxedSimd, threads } = await useWasm();
  const count = test.labels.length;
  const [testImages, testLabels] = batch(
    test,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
  testLabels.dispose();
  const initial = (): TrainingState => {
    const images = zeros<Rank.R4>([1, 28, 28, 1]);
    const params = network.init(SEED, images);
    images.dispose();
    return { params, optState: optimiser.init(params) };
  };
  let state = initial();
  let random = new hk.PRNGSequence(SEED);

  return {
    features: (): Features => ({ simd, relaxedSimd, threads }),
    /** Trains on; the loss of each step. */
    train(steps: number): { losses: number[]; milliseconds: number; numTensors: number } {
      const begin = performance.now();
      const losses: number[] = [];
      for (let i = 0; i < steps; i++) {
        const places = hk.random.randint(random.nextKey(), [BATCH], 0, train.labels.length);
        const [images, labels] = batch(train, places.dataSync());
        const [next, loss] = update(state, images, labels);
        state = next;
        losses.push(loss.dataSync()[0]);
        hk.tree.dispose([places, images, labels, loss]);
      }
      return { losses, milliseconds: (performance.now() - begin) / steps, numTensors: memory().numTensors };
    },
    /** What the network reads in the test images, and the share that it reads right. */
    test(): { guesses: number[]; accuracy: number } {
      const digits = classify(state.params, testImages);
      const guesses = [...digits.dataSync()];
      digits.dispose();
      return { guesses, accuracy: guesses.filter((guess, i) => guess === test.labels[i]).length / count };
    },
    /** The parameters as a safetensors file. */
    checkpoint: (): Uint8Array => transfer(saveSafetensors(state.params)),
    restart(): void {
      hk.tree.dispose(state);
      state = initial();
      random = new hk.PRNGSequence(SEED);
    },
  };
}

export type Trainer = Awaited<ReturnType<typeof trainer>>;

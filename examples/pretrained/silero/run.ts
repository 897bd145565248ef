import { readFileSync } from 'node:fs';
import { tensor2d, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadInto } from 'tanka/checkpoint';
import { readWav, resample } from '../audio.js';
import type { Pretrained } from '../demonstration.js';
import { bundled, bundledWeights } from '../files.js';
import { CHUNK, SAMPLE_RATE, sileroVad } from './model.js';

/** A stretch of speech, in seconds. */
export interface Speech {
  readonly start: number;
  readonly end: number;
}

/** Likelier than this is speech. */
const SPEECH = 0.5;
/** Once it is speech, it stays so above this: a breath does not end a sentence. */
const STILL_SPEECH = 0.35;

/** Where the probabilities of chunks say that someone speaks. */
export function stretches(probabilities: ArrayLike<number>): Speech[] {
  const seconds = CHUNK / SAMPLE_RATE;
  const found: Speech[] = [];
  let start: number | undefined;
  for (let i = 0; i <= probabilities.length; i++) {
    const probability = i < probabilities.length ? probabilities[i] : 0;
    if (start === undefined && probability >= SPEECH) start = i * seconds;
    else if (start !== undefined && probability < STILL_SPEECH) {
      found.push({ start, end: i * seconds });
      start = undefined;
    }
  }
  return found;
}

/** Who hears one stream, chunk by chunk. */
export class Listener {
  private state: hk.State;

  constructor(
    private readonly listen: (state: hk.State, chunk: Tensor2D) => [Tensor1D, hk.State],
    silence: hk.State,
  ) {
    this.state = silence;
  }

  /** The probability that the next 512 samples are speech. */
  hear(samples: Float32Array): number {
    const chunk = tensor2d(samples, [1, CHUNK]);
    const [probability, state] = this.listen(this.state, chunk);
    const [value] = probability.dataSync();
    hk.tree.dispose([chunk, probability, this.state]);
    this.state = state;
    return value;
  }

  dispose(): void {
    hk.tree.dispose(this.state);
  }
}

/** Parameters of the model and the state of silence; the caller's. */
export function loadSilero(): [params: hk.Params, silence: hk.State] {
  return tidy(() => {
    const [template, silence] = sileroVad.init(0, tensor2d(new Float32Array(CHUNK), [1, CHUNK]));
    return [loadInto(template, bundledWeights('silero_vad')), silence];
  });
}

/** Whole chunks of 512 samples; the last is filled up with silence. */
export function* chunksOf(samples: Float32Array): Generator<Float32Array, void, undefined> {
  for (let at = 0; at < samples.length; at += CHUNK) {
    const chunk = new Float32Array(CHUNK);
    chunk.set(samples.subarray(at, at + CHUNK));
    yield chunk;
  }
}

const asTime = (seconds: number): string => `${seconds.toFixed(2).padStart(7)} s`;
const SHADES = ' ▁▂▃▄▅▆▇█';

/** Where someone speaks. */
export const silero: Pretrained = {
  samples: [bundled('samples/speech.wav')],
  prepare: ([path]) => {
    const samples = resample(readWav(readFileSync(path)), SAMPLE_RATE);
    const [params, silence] = loadSilero();
    const eager = (state: hk.State, chunk: Tensor2D): [Tensor1D, hk.State] =>
      sileroVad.apply(params, state, chunk);
    const plan = hk.jit(eager, { constants: params });
    const cloned = (): hk.State => hk.tree.map((leaf) => leaf.clone(), silence) as hk.State;
    const [planned, unplanned] = [new Listener(plan, cloned()), new Listener(eager, cloned())];
    const noise = Float32Array.from({ length: CHUNK }, (_, i) => Math.sin(i));
    return {
      unit: 'chunk of 32 ms',
      report: () => {
        const listener = new Listener(plan, cloned());
        const probabilities = Array.from(chunksOf(samples), (chunk) => listener.hear(chunk));
        listener.dispose();
        const columns = Math.min(75, probabilities.length);
        const line = Array.from({ length: columns }, (_, i) => {
          const at = (j: number): number => Math.floor((j * probabilities.length) / columns);
          return SHADES[
            Math.round(8 * Math.max(...probabilities.slice(at(i), Math.max(at(i) + 1, at(i + 1)))))
          ];
        }).join('');
        return [
          line,
          ...stretches(probabilities).map(({ start, end }) => `speech ${asTime(start)} to ${asTime(end)}`),
        ];
      },
      plan: () => void planned.hear(noise),
      eager: () => void unplanned.hear(noise),
    };
  },
};

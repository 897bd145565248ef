import { readFileSync } from 'node:fs';
import { slice, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { readWav, resample } from '../audio.js';
import type { Pretrained } from '../demonstration.js';
import { bundled, bundledWeights } from '../files.js';
import { basicPitch, SAMPLE_RATE, WINDOW, type Pitches } from './model.js';
import { framesOf, notesOf, windowsOf } from './notes.js';
import { basicPitchWeights } from './weights.js';

const NAMES = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'];

/** The notes of a recording. */
export const basicPitchNotes: Pretrained = {
  samples: [bundled('samples/singing.wav')],
  prepare: ([path]) => {
    const samples = resample(readWav(readFileSync(path)), SAMPLE_RATE);
    const checkpoint = bundledWeights('basic_pitch');
    const params = basicPitchWeights(checkpoint);
    hk.tree.dispose(checkpoint);
    const eager = (audio: Tensor2D): Pitches => basicPitch.apply(params, audio);
    const plan = hk.jit(eager, { constants: params });
    const first = tidy(() => slice(windowsOf(samples), [0, 0], [1, WINDOW]));
    return {
      unit: 'window of 2 s',
      report: () =>
        notesOf(framesOf(samples, plan)).map(({ midi, start, end }) => {
          const name = `${NAMES[midi % 12]}${Math.floor(midi / 12) - 1}`;
          return `${name.padEnd(4)} ${start.toFixed(2).padStart(7)} s to ${end.toFixed(2).padStart(7)} s`;
        }),
      plan: () => hk.tree.dispose(plan(first)),
      eager: () => tidy(() => void eager(first)),
    };
  },
};

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  tensor2d,
  tensor3d,
  reshape,
  tidy,
  type io,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from 'tanka';
import {
  BasicPitch,
  basicPitch,
  Cqt,
  harmonicStack,
  normalizedLog,
  type Pitches,
} from '../../../examples/pretrained/basic-pitch/model.js';
import { framesOf, notesOf, windowsOf } from '../../../examples/pretrained/basic-pitch/notes.js';
import { basicPitchWeights, isWeight } from '../../../examples/pretrained/basic-pitch/weights.js';
import { loadTfjsWeights } from '../../../src/checkpoint/index.js';
import { tolerances } from '../../support/tolerances.js';
import { recordedWeights, Recording, watched, type Stages } from './support.js';

describe('examples/pretrained: Basic Pitch', () => {
  const recording = new Recording('basic_pitch');
  const outputs = ['contour', 'note', 'onset'] as const;
  let params: hk.Params;

  before(() => {
    const checkpoint = recordedWeights('basic_pitch');
    params = basicPitchWeights(checkpoint);
    hk.tree.dispose(checkpoint);
  });

  after(() => hk.tree.dispose(params));

  it('equals the original stage by stage, from its own spectrum on', () => {
    const spectrum = tensor3d(recording.values('cqt_lognorm_before_bn') as Float32Array, [1, 172, 309]);
    const stages: Stages = {};
    const pitches = hk
      .transform((x: Tensor3D) => watched(['bn'], stages, () => new BasicPitch().call(x)))
      .apply(params, null, spectrum);
    const [normalized] = stages.bn;
    expect(recording.difference('cnn_input_after_bn', normalized)).to.be.below(
      tolerances.pretrainedProbabilities,
    );
    tidy(() => {
      const stacked = harmonicStack(reshape(normalized, [1, 172, 309, 1]));
      expect(recording.difference('harmonic_stack_8', stacked)).to.be.below(
        tolerances.pretrainedProbabilities,
      );
    });
    for (const name of outputs) {
      expect(recording.difference(name, pitches[name]), name).to.be.below(tolerances.pretrainedProbabilities);
    }
    hk.tree.dispose([spectrum, stages, pitches]);
  });

  it('equals the original from the sound on, but for rounding in what is all but silent', () => {
    const audio = tensor2d(recording.values('audio') as Float32Array, [1, 43_844]);
    const spectrum = hk
      .transform((x: Tensor2D) => normalizedLog(new Cqt().call(x)))
      .apply(params, null, audio);
    // Decibels of magnitudes near zero, where float32 sums in another order differ: of 80 dB in all, these are 0.08 dB.
    tidy(() => {
      const difference = recording.difference('cqt_lognorm_before_bn', reshape(spectrum, [1, 172, 309, 1]));
      expect(difference).to.be.below(1e-3);
    });
    const pitches = basicPitch.apply(params, audio);
    for (const name of outputs) {
      expect(recording.difference(name, pitches[name]), name).to.be.below(tolerances.pretrainedLogits);
    }
    hk.tree.dispose([audio, spectrum, pitches]);
  });

  it('has the same parameters from the npm package as from the recorded file', () => {
    const folder = join(
      dirname(createRequire(import.meta.url).resolve('@spotify/basic-pitch/package.json')),
      'model',
    );
    const { weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as io.ModelJSON;
    const files = weightsManifest.flatMap(({ paths }) => paths);
    const published = loadTfjsWeights(
      {
        weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
        weightData: files.map((file) => Uint8Array.from(readFileSync(join(folder, file))).buffer),
      },
      { filter: isWeight },
    );
    const same = basicPitchWeights(published);
    hk.tree.map(
      (a: Tensor, b: Tensor) => {
        expect(a.dataSync()).to.deep.equal(b.dataSync());
        return null;
      },
      params,
      same,
    );
    hk.tree.dispose([published, same]);
  });

  it('takes silence for the quietest', () => {
    const audio = tensor2d(new Float32Array(43_844), [1, 43_844]);
    const pitches = basicPitch.apply(params, audio);
    expect(Math.max(...pitches.note.dataSync())).to.be.below(0.3);
    hk.tree.dispose([audio, pitches]);
  });

  it('hears long sounds in windows that overlap, each frame once', () => {
    const ramp = Float32Array.from({ length: 100_000 }, (_, i) => i);
    const windows = windowsOf(ramp);
    expect(windows.shape).to.deep.equal([3, 43_844]);
    const step = 142 * 256;
    const rows = windows.arraySync();
    expect(rows.map((row) => row[15 * 256])).to.deep.equal([0, step, 2 * step]);
    expect(rows[0][15 * 256 - 1]).to.equal(0);
    windows.dispose();

    // A model that says of each frame which sample of the sound it began with.
    const frames = framesOf(ramp, (window): Pitches => {
      const [row] = window.arraySync();
      const values = new Float32Array(172 * 88).map((_, i) => row[Math.floor(i / 88) * 256] / 256);
      const note = tensor3d(values, [1, 172, 88]);
      return { contour: note.clone(), note, onset: note.clone() };
    });
    expect(frames.frames).to.equal(391);
    const firstKeys = Array.from({ length: 391 }, (_, i) => frames.notes[i * 88]);
    firstKeys.forEach((value, i) => expect(value).to.be.closeTo(i, 1e-3));
  });

  it('makes notes of frames', () => {
    const frames = 30;
    const notes = new Float32Array(frames * 88);
    const onsets = new Float32Array(frames * 88);
    notes.fill(0);
    const play = (key: number, from: number, to: number): void => {
      for (let frame = from; frame < to; frame++) notes[frame * 88 + key] = 0.9;
    };
    play(48, 2, 20); // a', begun again at frame 10
    onsets[2 * 88 + 48] = onsets[10 * 88 + 48] = onsets[11 * 88 + 48] = 0.8;
    play(50, 5, 8); // too short
    play(47, 25, 30); // until the end
    const seconds = 256 / 22_050;
    expect(notesOf({ notes, onsets, frames })).to.deep.equal([
      { midi: 69, start: 2 * seconds, end: 10 * seconds },
      { midi: 69, start: 10 * seconds, end: 20 * seconds },
      { midi: 68, start: 25 * seconds, end: 30 * seconds },
    ]);
  });
});

import { concat, slice, stack, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from 'tanka';
import { readWav, resample } from '../../../examples/pretrained/audio.js';
import { sileroVad } from '../../../examples/pretrained/silero/model.js';
import { chunksOf, Listener, loadSilero, stretches } from '../../../examples/pretrained/silero/run.js';
import { tolerances } from '../../support/tolerances.js';
import { pretrainedFile, Recording } from './support.js';

const speech = readWav(pretrainedFile('samples/speech.wav'));

describe('examples/pretrained: Silero VAD', () => {
  const recording = new Recording('silero_vad');

  it('equals the original chunk by chunk, in its probabilities and in what it remembers', () => {
    const [params, silence] = loadSilero();
    expect([speech.sampleRate, speech.samples.length]).to.deep.equal([16_000, 150 * 512]);
    let state = silence;
    const remembered = (name: string): number =>
      tidy(() => recording.difference(name, stack([state.silero_vad.hidden, state.silero_vad.cell])));
    const probabilities: number[] = [];
    let counted = 0;
    for (const samples of chunksOf(speech.samples)) {
      const chunk = tensor2d(samples, [1, 512]);
      const [probability, next] = sileroVad.apply(params, state, chunk);
      probabilities.push(probability.dataSync()[0]);
      hk.tree.dispose([chunk, probability, state]);
      state = next;
      if (++counted === 41)
        expect(remembered('state_after_chunk_40')).to.be.below(tolerances.pretrainedLogits);
    }
    expect(remembered('final_state')).to.be.below(tolerances.pretrainedLogits);
    const expected = recording.values('probs');
    expect(probabilities).to.have.length(150);
    probabilities.forEach((value, i) =>
      expect(value, `chunk ${i}`).to.be.closeTo(expected[i], tolerances.pretrainedProbabilities),
    );
    hk.tree.dispose([params, state]);
  });

  it('hears several streams at once, each as it would alone, as a plan', () => {
    const [params, silence] = loadSilero();
    const plan = hk.jit((state: hk.State, chunk: Tensor2D) => sileroVad.apply(params, state, chunk), {
      constants: params,
    });
    const listener = new Listener(plan, silence);
    const chunks = [...chunksOf(speech.samples)].slice(20, 24);
    const alone = chunks.map((chunk) => listener.hear(chunk));
    listener.dispose();

    const both = tensor2d(new Float32Array(2 * 512), [2, 512]);
    const [unused, start] = sileroVad.init(0, both);
    let state = start;
    for (const [i, samples] of chunks.entries()) {
      const pair = tidy(() => concat([tensor2d(samples, [1, 512]), slice(both, [0, 0], [1, 512])]));
      const [probabilities, next] = plan(state, pair);
      expect(probabilities.dataSync()[0]).to.be.closeTo(alone[i], 1e-6);
      expect(probabilities.shape).to.deep.equal([2]);
      hk.tree.dispose([pair, probabilities, state]);
      state = next;
    }
    plan.dispose();
    hk.tree.dispose([params, both, unused, state]);
  });

  it('says where speech begins and ends', () => {
    expect(stretches([0.1, 0.6, 0.4, 0.9, 0.3, 0.49, 0.7])).to.deep.equal([
      { start: 0.032, end: 0.128 },
      { start: 0.192, end: 0.224 },
    ]);
    expect([...chunksOf(new Float32Array(513).fill(1))].map((chunk) => chunk.indexOf(0))).to.deep.equal([
      -1, 1,
    ]);
  });
});

describe('examples/pretrained: sound', () => {
  /** A WAV file of a format, its samples written by `write`. */
  function wav(code: number, bits: number, channels: number, rate: number, data: Uint8Array): Uint8Array {
    const file = new Uint8Array(44 + 8 + 4 + data.length);
    const view = new DataView(file.buffer);
    const text = (at: number, value: string): void => file.set(new TextEncoder().encode(value), at);
    text(0, 'RIFF');
    view.setUint32(4, file.length - 8, true);
    text(8, 'WAVEfmt ');
    view.setUint32(16, 16, true);
    view.setUint16(20, code, true);
    view.setUint16(22, channels, true);
    view.setUint32(24, rate, true);
    view.setUint16(34, bits, true);
    // A chunk of an odd size that nobody knows.
    text(36, 'LIST');
    view.setUint32(40, 3, true);
    text(48, 'data');
    view.setUint32(52, data.length, true);
    file.set(data, 56);
    return file;
  }

  it('is read from WAV files of every usual format, channels averaged', () => {
    const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
    expect(readWav(wav(1, 8, 1, 8000, bytes(0, 128, 192))).samples).to.deep.equal(
      Float32Array.of(-1, 0, 0.5),
    );
    expect(readWav(wav(1, 16, 2, 8000, bytes(0, 0x40, 0, 0xc0))).samples).to.deep.equal(Float32Array.of(0));
    expect(readWav(wav(1, 24, 1, 8000, bytes(0, 0, 0x40, 1, 0, 0x80))).samples).to.deep.equal(
      Float32Array.of(0.5, -1 + 2 ** -23),
    );
    expect(readWav(wav(1, 32, 1, 8000, bytes(0, 0, 0, 0x80))).samples).to.deep.equal(Float32Array.of(-1));
    const floats = new Uint8Array(Float32Array.of(0.25, -2).buffer);
    expect(readWav(wav(3, 32, 1, 48_000, floats))).to.deep.equal({
      sampleRate: 48_000,
      samples: Float32Array.of(0.25, -2),
    });
    expect(() => readWav(wav(2, 4, 1, 8000, bytes(0)))).to.throw('format 2 of 4 bits');
    expect(() => readWav(bytes(1, 2, 3))).to.throw('no WAV file');
    expect(() => readWav(wav(1, 16, 1, 8000, bytes()).subarray(0, 40))).to.throw('no samples');
  });

  it('keeps its tones at another rate, and loses those that are too high for it', () => {
    const tone = (frequency: number, rate: number): Float32Array =>
      Float32Array.from({ length: rate / 4 }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / rate));
    for (const rate of [16_000, 22_050, 48_000]) {
      const heard = resample({ sampleRate: 44_100, samples: tone(1000, 44_100) }, rate);
      const expected = tone(1000, rate);
      for (let i = 200; i < 2000; i++) expect(heard[i]).to.be.closeTo(expected[i], 2e-3);
    }
    const silent = resample({ sampleRate: 44_100, samples: tone(12_000, 44_100) }, 16_000);
    for (let i = 200; i < 2000; i++) expect(silent[i]).to.be.closeTo(0, 2e-3);
    expect(resample(speech, 16_000)).to.equal(speech.samples);
  });
});

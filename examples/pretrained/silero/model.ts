/** Silero VAD: the probability of speech, chunk by chunk; what it remembers between chunks is Haiku's state. */
import {
  add,
  concat,
  mean,
  mirrorPad,
  reshape,
  sigmoid,
  slice,
  sqrt,
  square,
  zeros,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

/** Samples a second that the model hears. */
export const SAMPLE_RATE = 16_000;
/** Samples a chunk: 32 ms. */
export const CHUNK = 512;

/** Samples of the chunk before that are heard again. */
const CONTEXT = 64;
const HIDDEN = 128;
const FREQUENCIES = 129;

/** Channels and strides of the encoder. */
const ENCODER = [
  { channels: 128, stride: 1 },
  { channels: 64, stride: 2 },
  { channels: 64, stride: 2 },
  { channels: 128, stride: 1 },
] as const;

const kept = (name: string, shape: number[]): Tensor =>
  hk.getState(name, shape, { init: (size) => zeros(size) });

/** A short-time Fourier transform as a convolution, four convolutions over its magnitudes, an LSTM. */
@hk.module('silero_vad')
export class SileroVad extends hk.Module {
  /**
   * @param chunk the next 512 samples of each stream, `[B, 512]`
   * @returns how likely each is speech `[B]`
   */
  call(chunk: Tensor2D): Tensor1D {
    const [batch] = chunk.shape;
    const heard = concat([kept('context', [batch, CONTEXT]) as Tensor2D, chunk], 1);
    hk.setState('context', slice(chunk, [0, CHUNK - CONTEXT], [batch, CONTEXT]));

    const padded = mirrorPad(
      heard,
      [
        [0, 0],
        [0, CONTEXT],
      ],
      'reflect',
    );
    const stft = new hk.Conv1D(2 * FREQUENCIES, 256, {
      stride: 128,
      padding: 'VALID',
      withBias: false,
      name: 'stft_conv',
    });
    const spectrum = stft.call(reshape(padded, [batch, -1, 1]));
    const part = (first: number): Tensor => slice(spectrum, [0, 0, first], [-1, -1, FREQUENCIES]);
    let x: Tensor = sqrt(add(square(part(0)), square(part(FREQUENCIES))));
    ENCODER.forEach(({ channels, stride }, i) => {
      const conv = new hk.Conv1D(channels, 3, { stride, padding: [1, 1], name: `conv${i + 1}` });
      x = hk.nn.relu(conv.call(x));
    });

    const before = { hidden: kept('hidden', [batch, HIDDEN]), cell: kept('cell', [batch, HIDDEN]) };
    const [output, { hidden, cell }] = new hk.LSTM(HIDDEN, { name: 'lstm' }).call(
      reshape(x, [batch, HIDDEN]),
      before,
    );
    hk.setState('hidden', hidden);
    hk.setState('cell', cell);

    const final = new hk.Conv1D(1, 1, { name: 'final_conv' });
    return mean(sigmoid(final.call(reshape(hk.nn.relu(output), [batch, 1, HIDDEN]))), [1, 2]);
  }
}

/** `init(key, chunk)` → `[params, state]` of silence; `apply(params, state, chunk)` → `[probabilities, state]`. */
export const sileroVad = hk.withoutApplyRng(
  hk.transformWithState((chunk: Tensor2D) => new SileroVad().call(chunk)),
);

/** Basic Pitch: which notes sound, and where they begin. */
import {
  add,
  concat,
  div,
  equal,
  log,
  max,
  min,
  mirrorPad,
  mul,
  neg,
  onesLike,
  pad,
  reshape,
  sigmoid,
  slice,
  sqrt,
  square,
  stack,
  sub,
  sum,
  where,
  zerosLike,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

/** Samples a second that the model hears. */
export const SAMPLE_RATE = 22_050;
/** Samples of a window: about two seconds. */
export const WINDOW = 43_844;
/** Samples between two frames of the result. */
export const HOP = 256;
/** Frames of a window. */
export const FRAMES = 172;
/** Keys of a piano, the first is MIDI's note 21. */
export const NOTES = 88;

/** Frequencies a semitone and an octave. */
const BINS = 36;
const OCTAVES = 9;
const FREQUENCIES = 309;
const KERNEL = 256;
/** Frequencies of the contours: three a semitone. */
const CONTOURS = 264;
/** Frequency bins from a tone to its overtones, and to its octave below. */
const HARMONICS = [-36, 0, 36, 57, 72, 84, 93, 101] as const;

/** A spectrum of constant steps in pitch: the same short kernels for each octave, the sound halved in rate from one to the next. */
@hk.module('cqt')
export class Cqt extends hk.Module {
  /**
   * @param audio `[B, 43844]`
   * @returns magnitudes `[B, 172, 309]`
   */
  call(audio: Tensor2D): Tensor3D {
    const [batch, samples] = audio.shape;
    let sound: Tensor3D = reshape(audio, [batch, samples, 1]);
    const octaves: Tensor[] = [];
    for (let octave = 0; octave < OCTAVES; octave++) {
      const convolve = (x: Tensor3D, name: string, channels: number, stride: number): Tensor3D =>
        new hk.Conv1D(channels, KERNEL, {
          stride,
          padding: 'VALID',
          withBias: false,
          name: `octave_${octave}_${name}`,
        }).call(x);
      const half = KERNEL / 2;
      const framed: Tensor3D = mirrorPad(
        sound,
        [
          [0, 0],
          [half, half],
          [0, 0],
        ],
        'reflect',
      );
      const stride = HOP / 2 ** octave;
      const real = convolve(framed, 'real', BINS, stride);
      const imaginary = convolve(framed, 'imaginary', BINS, stride);
      octaves.unshift(stack([real, neg(imaginary)], 3));
      if (octave === OCTAVES - 1) break;
      const padded: Tensor3D = pad(sound, [
        [0, 0],
        [half - 1, half - 1],
        [0, 0],
      ]);
      sound = convolve(padded, 'lowpass', 1, 2);
    }
    // The lowest octave reaches below the first frequency wanted.
    const all = concat(octaves, 2) as Tensor4D;
    const wanted = slice(all, [0, 0, all.shape[2] - FREQUENCIES, 0], [batch, all.shape[1], FREQUENCIES, 2]);
    const lengths = hk.getParameter('scale', [FREQUENCIES, 1], { init: hk.initializers.constant(1) });
    return sqrt(sum<Tensor3D>(square(mul(wanted, lengths)), 3));
  }
}

/** Decibels, from 0 for the quietest to 1 for the loudest of each window `[B, T, F]`. */
export function normalizedLog(magnitudes: Tensor3D): Tensor3D {
  const power: Tensor3D = mul(log(add(square(magnitudes), 1e-10)), 10 / Math.LN10);
  const above: Tensor3D = sub(power, min(power, [1, 2], true));
  const loudest = max(above, [1, 2], true);
  const silent = equal(loudest, 0);
  return where(silent, zerosLike(above), div(above, where(silent, onesLike(loudest), loudest))) as Tensor3D;
}

/** Each frequency beside its overtones, one channel each. `[B, T, F, 1]` → `[B, T, 264, 8]` */
export function harmonicStack(x: Tensor4D): Tensor4D {
  const [, , size] = x.shape;
  const channels = HARMONICS.map((shift) => {
    const from = Math.max(shift, 0);
    const kept = slice(x, [0, 0, from, 0], [-1, -1, size - Math.abs(shift), -1]);
    const padded = pad(kept, [
      [0, 0],
      [0, 0],
      [Math.max(-shift, 0), Math.max(shift, 0)],
      [0, 0],
    ]);
    return slice(padded, [0, 0, 0, 0], [-1, -1, CONTOURS, -1]);
  });
  return concat(channels, 3) as Tensor4D;
}

/** What is left of a batch norm once its averages are part of its parameters. */
@hk.module('affine')
class Affine extends hk.Module {
  call(x: Tensor4D): Tensor4D {
    const scale = hk.getParameter('scale', [1], { init: hk.initializers.constant(1) });
    return add(mul(x, scale), hk.getParameter('offset', [1], { init: hk.initializers.constant(0) }));
  }
}

/** What the network says of each frame. */
export interface Pitches {
  /** How likely each pitch of a third of a semitone sounds `[B, 172, 264]`. */
  readonly contour: Tensor3D;
  /** How likely each key sounds `[B, 172, 88]`. */
  readonly note: Tensor3D;
  /** How likely each key begins to sound `[B, 172, 88]`. */
  readonly onset: Tensor3D;
}

/** Convolutions over a spectrum. */
@hk.module('basic_pitch')
export class BasicPitch extends hk.Module {
  /** @param spectrum `[B, 172, 309]`, from 0 to 1 */
  call(spectrum: Tensor3D): Pitches {
    const [batch, frames, frequencies] = spectrum.shape;
    const stacked = harmonicStack(
      new Affine({ name: 'bn' }).call(reshape(spectrum, [batch, frames, frequencies, 1])),
    );
    const conv = (
      x: Tensor4D,
      name: string,
      channels: number,
      kernel: [number, number],
      stride = 1,
    ): Tensor4D => new hk.Conv2D(channels, kernel, { stride: [1, stride], name }).call(x);

    const contour = sigmoid(
      conv(hk.nn.relu(conv(stacked, 'contour_conv1', 8, [3, 39])) as Tensor4D, 'contour_out', 1, [5, 5]),
    );
    const note = sigmoid(
      conv(hk.nn.relu(conv(contour, 'note_conv1', 32, [7, 7], 3)) as Tensor4D, 'note_out', 1, [7, 3]),
    );
    const begun = hk.nn.relu(conv(stacked, 'onset_conv1', 32, [5, 5], 3)) as Tensor4D;
    const onset = sigmoid(conv(concat([note, begun], 3), 'onset_out', 1, [3, 3]));
    const flat = (x: Tensor4D): Tensor3D => reshape(x, [batch, frames, -1]);
    return { contour: flat(contour), note: flat(note), onset: flat(onset) };
  }
}

/** `apply(params, audio)` → contours, notes and onsets of windows `[B, 43844]` of sound. */
export const basicPitch = hk.withoutApplyRng(
  hk.transform((audio: Tensor2D) => new BasicPitch().call(normalizedLog(new Cqt().call(audio)))),
);

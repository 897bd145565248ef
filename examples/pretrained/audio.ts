/** Sound as models want it: one channel, at their sample rate. */

/** Samples in [-1, 1]. */
export interface Sound {
  readonly sampleRate: number;
  readonly samples: Float32Array;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/** The samples of a WAV file (8 to 32 bit integers, or 32 bit floats), its channels averaged. */
export function readWav(file: Uint8Array): Sound {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tag = (at: number): string => String.fromCharCode(...file.subarray(at, at + 4));
  if (file.byteLength < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') {
    throw new Error('This file is no WAV file. Convert it: ffmpeg -i FILE sound.wav');
  }
  let format: { code: number; channels: number; sampleRate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= file.byteLength;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (tag(at) === 'fmt ') {
      const code = view.getUint16(start, true);
      format = {
        code: code === EXTENSIBLE ? view.getUint16(start + 24, true) : code,
        channels: view.getUint16(start + 2, true),
        sampleRate: view.getUint32(start + 4, true),
        bits: view.getUint16(start + 14, true),
      };
    } else if (tag(at) === 'data' && format !== undefined) {
      const { code, channels, sampleRate, bits } = format;
      const read = sampleReader(view, code, bits);
      const frames = Math.floor(Math.min(size, file.byteLength - start) / ((bits / 8) * channels));
      const samples = new Float32Array(frames);
      for (let i = 0; i < frames; i++) {
        let sum = 0;
        for (let channel = 0; channel < channels; channel++) {
          sum += read(start + (i * channels + channel) * (bits / 8));
        }
        samples[i] = sum / channels;
      }
      return { sampleRate, samples };
    }
    // Chunks begin at even places.
    at = start + size + (size % 2);
  }
  throw new Error('This WAV file has no samples, or they come before their format.');
}

function sampleReader(view: DataView, code: number, bits: number): (at: number) => number {
  if (code === FLOAT && bits === 32) return (at) => view.getFloat32(at, true);
  if (code === PCM && bits === 8) return (at) => (view.getUint8(at) - 128) / 128;
  if (code === PCM && bits === 16) return (at) => view.getInt16(at, true) / 0x8000;
  if (code === PCM && bits === 24) {
    return (at) => (view.getUint8(at) | (view.getInt16(at + 1, true) << 8)) / 0x800000;
  }
  if (code === PCM && bits === 32) return (at) => view.getInt32(at, true) / 0x80000000;
  throw new Error(`This WAV file has format ${code} of ${bits} bits. Convert it: ffmpeg -i FILE sound.wav`);
}

/** Zero crossings of the interpolating sine on each side. */
const CROSSINGS = 16;

/** The same sound at another rate: a windowed sine, which cuts off what the lower rate cannot hold. */
export function resample({ sampleRate, samples }: Sound, rate: number): Float32Array {
  if (sampleRate === rate) return samples;
  const cutoff = Math.min(1, rate / sampleRate);
  const reach = CROSSINGS / cutoff;
  const out = new Float32Array(Math.floor((samples.length * rate) / sampleRate));
  for (let i = 0; i < out.length; i++) {
    const centre = (i * sampleRate) / rate;
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let j = Math.max(0, Math.ceil(centre - reach)); j <= last; j++) {
      const x = j - centre;
      const phase = Math.PI * cutoff * x;
      const sinc = phase === 0 ? 1 : Math.sin(phase) / phase;
      sum += samples[j] * cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
    }
    out[i] = sum;
  }
  return out;
}

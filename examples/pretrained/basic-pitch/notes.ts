import { slice, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { FRAMES, HOP, NOTES, SAMPLE_RATE, WINDOW, type Pitches } from './model.js';

/** A note that was played or sung. */
export interface Note {
  /** MIDI's number: 69 is the a' of 440 Hz. */
  readonly midi: number;
  /** In seconds. */
  readonly start: number;
  readonly end: number;
}

/** Frames that two windows share; half of them are taken from each. */
const SHARED = 30;
const SOUNDS = 0.3;
const BEGINS = 0.5;
/** Shorter notes are left out: about 60 ms. */
const SHORTEST = 5;
const LOWEST = 21;

/** Windows of sound that overlap, silence before and after it: `[windows, 43844]`. */
export function windowsOf(samples: Float32Array): Tensor2D {
  const step = (FRAMES - SHARED) * HOP;
  const lead = (SHARED / 2) * HOP;
  const count = Math.max(1, Math.ceil(samples.length / step));
  const values = new Float32Array(count * WINDOW);
  for (let i = 0; i < count; i++) {
    const from = i * step - lead;
    values.set(samples.subarray(Math.max(from, 0), from + WINDOW), i * WINDOW + Math.max(-from, 0));
  }
  return tensor2d(values, [count, WINDOW]);
}

/** Notes and onsets of all frames of a sound, row by row of 88 keys. */
export function framesOf(
  samples: Float32Array,
  listen: (window: Tensor2D) => Pitches,
): { notes: Float32Array; onsets: Float32Array; frames: number } {
  const windows = windowsOf(samples);
  const own = FRAMES - SHARED;
  const frames = windows.shape[0] * own;
  const [notes, onsets] = [new Float32Array(frames * NOTES), new Float32Array(frames * NOTES)];
  for (let i = 0; i < windows.shape[0]; i++) {
    const window = slice(windows, [i, 0], [1, WINDOW]);
    const pitches = listen(window);
    const middle = (values: ArrayLike<number>): Float32Array =>
      Float32Array.from(values).subarray((SHARED / 2) * NOTES, (FRAMES - SHARED / 2) * NOTES);
    notes.set(middle(pitches.note.dataSync()), i * own * NOTES);
    onsets.set(middle(pitches.onset.dataSync()), i * own * NOTES);
    hk.tree.dispose([window, pitches]);
  }
  windows.dispose();
  return { notes, onsets, frames: Math.min(frames, Math.ceil(samples.length / HOP)) };
}

/** Notes: each key from where it begins to where it sounds no more. */
export function notesOf({ notes, onsets, frames }: ReturnType<typeof framesOf>): Note[] {
  const seconds = HOP / SAMPLE_RATE;
  const found: Note[] = [];
  for (let key = 0; key < NOTES; key++) {
    let start: number | undefined;
    for (let frame = 0; frame <= frames; frame++) {
      const sounds = frame < frames && notes[frame * NOTES + key] >= SOUNDS;
      const begins =
        sounds && onsets[frame * NOTES + key] >= BEGINS && (onsets[(frame - 1) * NOTES + key] ?? 0) < BEGINS;
      if (start !== undefined && (!sounds || begins)) {
        if (frame - start >= SHORTEST) {
          found.push({ midi: LOWEST + key, start: start * seconds, end: frame * seconds });
        }
        start = undefined;
      }
      if (start === undefined && sounds) start = frame;
    }
  }
  return found.sort((a, b) => a.start - b.start || a.midi - b.midi);
}

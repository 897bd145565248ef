import { TankaError } from '../errors/tanka-error.js';

let recording = 0;
let recordings = 0;
let refuse: ((caller: string) => never) | null = null;

/**
 * True while a function is being recorded for replay. What decides by the values of tensors (a loop, a branch) must then be
 * expressed in tensor operations or refused: a plan repeats what it saw.
 */
export function isRecording(): boolean {
  return recording !== 0;
}

/** A number for the recording that runs, 0 for none: what was opened with another number began outside of it. */
export function recordingNumber(): number {
  return recording;
}

/**
 * Refuses what was opened outside of the recording that runs.
 *
 * @param caller public name of the function that uses it, for the message
 * @throws `jit-untraceable`
 */
export function checkRecording(number: number, caller: string): void {
  if (number !== recording) refuse?.(caller);
}

function refuseFrame(caller: string): never {
  throw new TankaError(
    'jit-untraceable',
    `hk.${caller} was used inside a function given to hk.jit, of a transform around it: a replay would not do so again. ` +
      'Jit `apply`, or pass keys, parameters and state as arguments and results.',
  );
}

/** Runs `f` as a recording. */
export function whileRecording<R>(f: () => R): R {
  if (recording !== 0) throw new Error('A recording is running already.');
  recording = ++recordings;
  // Set here, so that who never records does not load the message.
  refuse = refuseFrame;
  try {
    return f();
  } finally {
    recording = 0;
  }
}

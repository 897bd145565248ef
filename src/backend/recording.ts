let recording = 0;
let recordings = 0;

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

/** Runs `f` as a recording. */
export function whileRecording<R>(f: () => R): R {
  if (recording !== 0) throw new Error('A recording is running already.');
  recording = ++recordings;
  try {
    return f();
  } finally {
    recording = 0;
  }
}

let recording = false;

/**
 * True while a function is being recorded for replay. What decides by the values of tensors (a loop, a branch) must then be
 * expressed in tensor operations or refused: a plan repeats what it saw.
 */
export function isRecording(): boolean {
  return recording;
}

/** Runs `f` as a recording. */
export function whileRecording<R>(f: () => R): R {
  if (recording) throw new Error('A recording is running already.');
  recording = true;
  try {
    return f();
  } finally {
    recording = false;
  }
}

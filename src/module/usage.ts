import type { Frame } from './frame.js';

/** Refuses, where the setting `checkJaxUsage` asks for it, the use of a frame from within a gradient that is not ours. */
export function checkUsage(_frame: Frame, _caller: string): void {
  // filled in with the settings
}

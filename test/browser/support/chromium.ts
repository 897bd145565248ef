import { findProgram } from './programs.js';

/** How to get one, for messages. */
export const howToInstall = 'sudo apt-get install chromium (or set CHROMIUM to the path of one)';

/** The Chromium to test with: `CHROMIUM` if set, else the first of the usual names on PATH, else undefined. */
export const findChromium = (): string | undefined =>
  findProgram('CHROMIUM', [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'chrome',
  ]);

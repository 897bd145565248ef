/** What tests that read goldens use of Node, in a page that is served from the root of the repository. */
import { Buffer } from 'buffer/';

export { Buffer };

/** Of a file of the repository, by its address or its path from the root. */
export function readFileSync(file: URL | string, encoding?: 'utf8'): Buffer | string {
  const request = new XMLHttpRequest();
  request.open('GET', new URL(file, location.origin), false);
  // A synchronous request gives text alone; in this encoding each character is a byte.
  request.overrideMimeType('text/plain; charset=x-user-defined');
  request.send();
  if (request.status !== 200) throw new Error(`${String(file)}: ${request.status}`);
  const bytes = Buffer.from(
    Uint8Array.from(request.responseText, (character) => character.charCodeAt(0) & 255),
  );
  return encoding === 'utf8' ? bytes.toString('utf8') : bytes;
}

import { decode } from 'jpeg-js';
import { PNG } from 'pngjs';
import type { Photo } from './photo.js';

/** The pixels of a JPEG or PNG file; which of the two it is, its first bytes tell. */
export function decodePhoto(file: Uint8Array): Photo {
  if (file[0] === 0xff && file[1] === 0xd8) return decode(file, { useTArray: true, formatAsRGBA: true });
  if (file[0] === 0x89 && file[1] === 0x50) return PNG.sync.read(Buffer.from(file));
  throw new Error('This file is neither a JPEG nor a PNG. Convert it to one of them.');
}

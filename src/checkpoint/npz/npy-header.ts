import { TankaError } from '../../errors/tanka-error.js';

/** What the header of a `.npy` file says. */
export interface NpyHeader {
  /** NumPy's name of the type, with the byte order: `<f4`. */
  readonly description: string;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Where the data begin. */
  readonly dataStart: number;
}

/** A header longer than this is no header; NumPy's own limit. */
const MAX_HEADER = 10_000;

// NumPy writes a Python dictionary of three keys in this order; anything else is refused, so nothing is ever evaluated.
const PATTERN =
  /^\{\s*'descr'\s*:\s*(?:'([^'\\]*)'|(\[.*\]))\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,\s*'shape'\s*:\s*\(([\d\s,L]*)\)\s*,?\s*\}\s*$/;

/** Reads the header of a `.npy` file, versions 1 to 3. */
export function parseNpyHeader(key: string, bytes: Uint8Array): NpyHeader {
  const corrupt = (what: string): TankaError =>
    new TankaError(
      'checkpoint-corrupt',
      `'${key}' is not a valid npy file: ${what}. Download or save it again.`,
    );
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.byteLength < 10 || magic.some((byte, i) => bytes[i] !== byte))
    throw corrupt("it does not begin with NumPy's mark");
  const version = bytes[6];
  if (version < 1 || version > 3) throw corrupt(`its version is ${version}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = version > 1;
  if (wide && bytes.byteLength < 12) throw corrupt('its header is cut off');
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = wide ? 12 : 10;
  if (length > MAX_HEADER || start + length > bytes.byteLength)
    throw corrupt(`its header claims ${length} bytes`);
  const match = PATTERN.exec(new TextDecoder().decode(bytes.subarray(start, start + length)));
  if (match === null) throw corrupt('its header is not a dictionary of descr, fortran_order and shape');
  const shape = match[4]
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number);
  if (shape.some((size) => !Number.isSafeInteger(size)) || shape.length > 64)
    throw corrupt(`its shape is (${match[4].slice(0, 80)})`);
  return {
    description: match[1] ?? match[2].slice(0, 80),
    isFortran: match[3] === 'True',
    shape,
    dataStart: start + length,
  };
}

import { TankaError } from '../../errors/tanka-error.js';
import { compareCodePoints } from '../../tree/tree.js';
import { checkKey } from '../keys.js';
import { storedSizes, type StoredDtype } from '../stored-array.js';
import { corrupt } from './corrupt.js';
import { HeaderReader } from './header-reader.js';

/** One array of a safetensors file: its bytes are `[begin, end)` of the data that follow the header. */
export interface HeaderEntry {
  readonly key: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header of a safetensors file says, checked. */
export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit, 100 MB. */
const MAX_HEADER = 100_000_000;

/** Bytes before the header: its length as a 64-bit integer. */
export const PREFIX = 8;

/** Length of the header, from the first 8 bytes. */
export function headerLength(prefix: Uint8Array): number {
  if (prefix.byteLength < PREFIX) {
    throw corrupt(`it has ${prefix.byteLength} bytes, fewer than the ${PREFIX} of the header's length`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, PREFIX).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER)) {
    throw corrupt(`its header claims ${length.toString()} bytes, more than the ${MAX_HEADER} allowed`);
  }
  return Number(length);
}

function checkedEntry(key: string, entry: ReturnType<HeaderReader['entry']>): HeaderEntry {
  const { dtype, shape, offsets } = entry;
  if (!Object.hasOwn(storedSizes, dtype)) {
    throw new TankaError(
      'checkpoint-dtype-unsupported',
      `'${key}' is stored as ${dtype}, not as one of ${Object.keys(storedSizes).join(', ')}. Convert the file.`,
    );
  }
  const [begin, end] = offsets;
  const elements = shape.reduce((product, size) => product * size, 1);
  const size = elements * storedSizes[dtype as StoredDtype];
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(size) || end - begin !== size) {
    throw corrupt(
      `'${key}' of ${dtype} [${shape.join(', ')}] needs ${size} bytes but its offsets are [${begin}, ${end}]`,
    );
  }
  return { key, dtype: dtype as StoredDtype, shape, begin, end };
}

/**
 * Reads and checks a header: names are unique, types known, sizes right, and the arrays fill the data without gap or overlap.
 *
 * @param bytes the header's JSON
 * @param dataLength bytes of the file after the header; without it, the end is not checked
 * @throws `checkpoint-corrupt`, `checkpoint-dtype-unsupported`, `checkpoint-key-invalid`
 */
export function parseHeader(bytes: Uint8Array, dataLength?: number): Header {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw corrupt('its header is not UTF-8');
  }
  const reader = new HeaderReader(text);
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  reader.object((key) => {
    if (key === '__metadata__') {
      metadata = reader.strings();
      return;
    }
    checkKey(key);
    entries.push(checkedEntry(key, reader.entry()));
  });
  reader.end();
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { key, begin, end } of sorted) {
    if (begin !== position)
      throw corrupt(`'${key}' begins at byte ${begin} of the data where byte ${position} was expected`);
    position = end;
  }
  if (dataLength !== undefined && position !== dataLength) {
    throw corrupt(`its arrays take ${position} bytes but ${dataLength} bytes follow the header`);
  }
  return { entries, metadata };
}

// The order in which the reference implementation declares its types; larger elements come first, so that all are aligned.
const order: readonly StoredDtype[] = [
  'U64',
  'I64',
  'F64',
  'F32',
  'U32',
  'I32',
  'BF16',
  'F16',
  'U16',
  'I16',
  'I8',
  'U8',
  'BOOL',
];

/** Orders arrays as the reference implementation writes them: by type, then by name. */
export function compareEntries(
  a: { readonly key: string; readonly dtype: StoredDtype },
  b: { readonly key: string; readonly dtype: StoredDtype },
): number {
  return order.indexOf(a.dtype) - order.indexOf(b.dtype) || compareCodePoints(a.key, b.key);
}

/** The header as it is written, its length before it, padded with spaces so that the data begin at a multiple of 8. */
export function headerBytes(
  entries: readonly HeaderEntry[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const parts = entries.map(
    ({ key, dtype, shape, begin, end }) =>
      `${JSON.stringify(key)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`,
  );
  if (Object.keys(metadata).length > 0) parts.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const json = new TextEncoder().encode(`{${parts.join(',')}}`);
  const length = Math.ceil(json.byteLength / 8) * 8;
  const out = new Uint8Array(PREFIX + length).fill(0x20);
  new DataView(out.buffer).setBigUint64(0, BigInt(length), true);
  out.set(json, PREFIX);
  return out;
}

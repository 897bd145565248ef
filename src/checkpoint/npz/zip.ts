import { Inflate } from 'fflate';
import { TankaError } from '../../errors/tanka-error.js';
import { checkKey } from '../keys.js';

/** One file of an archive. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const WIDE = 0xffffffff;

/** Deflate shrinks by at most about 1032; a larger claim is a lie. */
const MAX_RATIO = 1040;

/** Deflated bytes are fed in such pieces, so that what one of them grows to stays small. */
const PIECE = 1 << 16;

function corrupt(what: string): TankaError {
  return new TankaError(
    'checkpoint-corrupt',
    `This is not a valid npz file: ${what}. Download or save it again.`,
  );
}

let table: Uint32Array | undefined;

/** The checksum of zip files. */
function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let crc = ~0;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Sizes past 4 GB are in a further field, in the order of those that are missing. */
function wideValues(extra: DataView, missing: number): number[] {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const length = extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1 && length >= 8 * missing && at + 4 + length <= extra.byteLength) {
      return Array.from({ length: missing }, (_, i) => Number(extra.getBigUint64(at + 4 + 8 * i, true)));
    }
    at += 4 + length;
  }
  throw corrupt('sizes are missing from its directory');
}

/** The directory at the end of an archive. Nothing is unpacked here. */
function directory(bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.byteLength - 22;
  // A comment of up to 64 kB may follow.
  const first = Math.max(0, end - 0xffff);
  while (end >= first && view.getUint32(end, true) !== END) end--;
  if (end < first || end < 0) throw corrupt('it has no directory at its end');
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  let at = view.getUint32(end + 16, true);
  if (at + size > end) throw corrupt('its directory lies outside of the file');
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) throw corrupt('its directory is damaged');
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > end) throw corrupt('its directory is cut off');
    if (view.getUint16(at + 8, true) & 1) throw corrupt('it is encrypted');
    const fields = [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ];
    const missing = fields.filter((field) => field === WIDE).length;
    const wide = missing
      ? wideValues(new DataView(bytes.buffer, bytes.byteOffset + at + 46 + nameLength, extraLength), missing)
      : [];
    const [real, compressed, offset] = fields.map((field) =>
      field === WIDE ? (wide.shift() as number) : field,
    );
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      compressed,
      size: real,
      offset,
    });
    at = next;
  }
  return entries;
}

/** The bytes of an entry as they are stored. */
function storedBytes(bytes: Uint8Array, { name, offset, compressed }: ZipEntry): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (offset + 30 > bytes.byteLength || view.getUint32(offset, true) !== LOCAL)
    throw corrupt(`'${name}' is not where its directory says`);
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + compressed > bytes.byteLength) throw corrupt(`'${name}' is cut off`);
  return bytes.subarray(start, start + compressed);
}

/** Inflates to exactly `size` bytes, and stops as soon as there are more. */
function inflate(name: string, data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let filled = 0;
  const stream = new Inflate((chunk) => {
    if (filled + chunk.length > size)
      throw corrupt(`'${name}' unpacks to more than the ${size} bytes that it claims`);
    out.set(chunk, filled);
    filled += chunk.length;
  });
  try {
    for (let at = 0; at < data.length; at += PIECE) {
      stream.push(data.subarray(at, at + PIECE), at + PIECE >= data.length);
    }
  } catch (error) {
    if (error instanceof TankaError) throw error;
    throw corrupt(`'${name}' cannot be unpacked (${(error as Error).message})`);
  }
  if (filled !== size) throw corrupt(`'${name}' unpacks to ${filled} bytes but claims ${size}`);
  return out;
}

/** Options of {@link readZip}. */
export interface ReadZipOptions {
  readonly filter: (name: string) => boolean;
  /** Most bytes that all chosen files may unpack to together. */
  readonly maxBytes: number;
}

/**
 * The chosen files of a zip archive by name. What a file claims to unpack to is checked before any memory is taken for it,
 * and what it does unpack to while it is unpacked.
 */
export function readZip(bytes: Uint8Array, { filter, maxBytes }: ReadZipOptions): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const entries = directory(bytes);
  const names = new Set<string>();
  for (const { name } of entries) {
    checkKey(name);
    if (names.has(name)) throw corrupt(`the name '${name}' occurs twice`);
    names.add(name);
  }
  const chosen = entries.filter(({ name }) => filter(name));
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    throw new TankaError(
      'checkpoint-too-large',
      `The npz file unpacks to ${total} bytes, more than the ${maxBytes} allowed. Raise maxBytes if you trust it, or read part of it by a filter.`,
    );
  }
  // Overlapping entries would let a small file unpack to a large one many times.
  const packed = chosen.reduce((sum, { compressed }) => sum + compressed, 0);
  if (packed > bytes.byteLength) throw corrupt('its files overlap');
  for (const entry of chosen) {
    const { name, method, size, crc } = entry;
    const data = storedBytes(bytes, entry);
    if (method !== 0 && method !== 8)
      throw corrupt(`'${name}' is packed by method ${method}, which is not deflate`);
    if (method === 0 ? data.length !== size : size > data.length * MAX_RATIO) {
      throw corrupt(`'${name}' of ${data.length} packed bytes claims to unpack to ${size}`);
    }
    const file = method === 0 ? data : inflate(name, data, size);
    if (crc32(file) !== crc) throw corrupt(`the checksum of '${name}' is wrong`);
    files.set(name, file);
  }
  return files;
}

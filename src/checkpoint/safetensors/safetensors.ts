import type { Tensor } from '@tensorflow/tfjs-core';
import { keyedLeaves, toCheckpoint, type Checkpoint } from '../keys.js';
import { fromTensor, type StoredArray, type WrittenDtype } from '../stored-array.js';
import { corrupt } from './corrupt.js';
import { compareEntries, headerBytes, headerLength, parseHeader, PREFIX } from './header.js';

/** Options of {@link saveSafetensors}. */
export interface SaveSafetensorsOptions {
  /** Stored type: one for all float32 leaves, or a choice for each leaf. Default: the tensor's own. */
  readonly dtype?: 'F16' | 'BF16' | ((key: string, leaf: Tensor) => WrittenDtype | undefined);
  /** Strings kept in the file beside the arrays. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Options of {@link loadSafetensors} and the other readers. */
export interface LoadOptions {
  /** Reads only the arrays whose key (`module/name`) passes. */
  readonly filter?: (key: string) => boolean;
}

/**
 * A tree of tensors as the bytes of a safetensors file, the same that Python's `safetensors` writes.
 *
 * @param tree any nesting of tensors; a leaf is stored under its path joined by `/`
 * @throws `checkpoint-leaf-invalid` for a leaf that is not a tensor or has no stored type,
 *   `checkpoint-key-invalid` for a name that would not read back as written,
 *   `checkpoint-value-range` for a value that does not fit `dtype`
 */
export function saveSafetensors(tree: unknown, options: SaveSafetensorsOptions = {}): Uint8Array {
  const { dtype, metadata = {} } = options;
  const choose = (key: string, leaf: Tensor): WrittenDtype | undefined =>
    typeof dtype === 'function' ? dtype(key, leaf) : leaf.dtype === 'float32' ? dtype : undefined;
  return writeSafetensors(
    keyedLeaves(tree).map(({ key, leaf }) => fromTensor(key, leaf, choose(key, leaf))),
    metadata,
  );
}

/** Stored arrays as the bytes of a safetensors file. */
export function writeSafetensors(
  arrays: readonly StoredArray[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  let position = 0;
  const sorted = [...arrays].sort(compareEntries);
  const entries = sorted.map(({ key, dtype, shape, bytes }) => {
    const begin = position;
    position += bytes.byteLength;
    return { key, dtype, shape, begin, end: position };
  });
  const header = headerBytes(entries, metadata);
  const out = new Uint8Array(header.byteLength + position);
  out.set(header);
  entries.forEach(({ begin }, i) => {
    out.set(sorted[i].bytes, header.byteLength + begin);
  });
  return out;
}

/** What a safetensors file holds, its arrays as views of its bytes; everything is checked before the first is returned. */
export function openSafetensors(bytes: Uint8Array): {
  readonly arrays: readonly StoredArray[];
  readonly metadata: Readonly<Record<string, string>>;
} {
  const length = headerLength(bytes);
  const dataStart = PREFIX + length;
  if (dataStart > bytes.byteLength) {
    throw corrupt(`its header claims ${length} bytes but the file has ${bytes.byteLength}`);
  }
  const { entries, metadata } = parseHeader(bytes.subarray(PREFIX, dataStart), bytes.byteLength - dataStart);
  const arrays = entries.map(({ key, dtype, shape, begin, end }) => ({
    key,
    dtype,
    shape,
    bytes: bytes.subarray(dataStart + begin, dataStart + end),
  }));
  return { arrays, metadata };
}

/** The arrays of a safetensors file, as views of its bytes. */
export function readSafetensors(bytes: Uint8Array, options: LoadOptions = {}): StoredArray[] {
  const { filter = () => true } = options;
  return openSafetensors(bytes).arrays.filter(({ key }) => filter(key));
}

/**
 * The tensors of a safetensors file as a Haiku tree: `{ [all before the last '/']: { [rest]: tensor } }`.
 *
 * F16 and BF16 become float32, integers int32; F64 and 8-byte integers are read with a check that the values fit.
 *
 * @throws `checkpoint-corrupt`, `checkpoint-dtype-unsupported`, `checkpoint-key-invalid`, `checkpoint-value-range`;
 *   no tensor is left behind then
 */
export function loadSafetensors(bytes: Uint8Array, options: LoadOptions = {}): Checkpoint {
  return toCheckpoint(readSafetensors(bytes, options));
}

/** The strings kept in a safetensors file beside its arrays. */
export function safetensorsMetadata(bytes: Uint8Array): Readonly<Record<string, string>> {
  const length = headerLength(bytes);
  if (PREFIX + length > bytes.byteLength) {
    throw corrupt(`its header claims ${length} bytes but the file has ${bytes.byteLength}`);
  }
  return parseHeader(bytes.subarray(PREFIX, PREFIX + length)).metadata;
}

import { zipSync, type Zippable } from 'fflate';
import { keyedLeaves, toCheckpoint, type Checkpoint } from '../keys.js';
import type { LoadOptions } from '../safetensors/safetensors.js';
import { fromTensor, type StoredArray } from '../stored-array.js';
import { readNpy, writeNpy } from './npy.js';
import { readZip } from './zip.js';

/** Options of {@link saveNpz}. */
export interface SaveNpzOptions {
  /** Deflates the arrays, as `numpy.savez_compressed`. Default `false`. */
  readonly compressed?: boolean;
}

/** Options of {@link loadNpz}. */
export interface LoadNpzOptions extends LoadOptions {
  /** Most bytes that the arrays may unpack to together. Default: 20 times the file's, and at least 64 MB. */
  readonly maxBytes?: number;
}

/** What an archive of any size may unpack to. */
const FREE_BYTES = 64e6;

/** Real weights hardly shrink; what unpacks to more than this many times its size is taken for an attack. */
const USUAL_RATIO = 20;

// Archives have a time stamp: a fixed one, so that equal trees give equal bytes.
const TIME = new Date(1980, 0, 1);

/**
 * A tree of tensors as the bytes of an npz file, for `numpy.load`; keys as of {@link saveSafetensors}.
 *
 * @throws `checkpoint-leaf-invalid`, `checkpoint-key-invalid`
 */
export function saveNpz(tree: unknown, { compressed = false }: SaveNpzOptions = {}): Uint8Array {
  const level = compressed ? 6 : 0;
  const files: [string, Zippable[string]][] = keyedLeaves(tree).map(({ key, leaf }) => [
    `${key}.npy`,
    [writeNpy(fromTensor(key, leaf)), { level, mtime: TIME }],
  ]);
  return zipSync(Object.fromEntries(files));
}

/** The arrays of an npz file. */
function readNpz(bytes: Uint8Array, options: LoadNpzOptions = {}): StoredArray[] {
  const { filter = () => true, maxBytes = Math.max(FREE_BYTES, USUAL_RATIO * bytes.byteLength) } = options;
  const keyOf = (name: string): string => name.replace(/\.npy$/, '');
  const files = readZip(bytes, { filter: (name) => filter(keyOf(name)), maxBytes });
  return [...files].map(([name, file]) => readNpy(keyOf(name), file));
}

/**
 * The tensors of an npz file as a Haiku tree, as {@link loadSafetensors} nests them.
 *
 * @throws `checkpoint-corrupt`, `checkpoint-too-large`, `checkpoint-dtype-unsupported`, `checkpoint-key-invalid`,
 *   `checkpoint-value-range`; no tensor is left behind then
 */
export function loadNpz(bytes: Uint8Array, options: LoadNpzOptions = {}): Checkpoint {
  return toCheckpoint(readNpz(bytes, options));
}

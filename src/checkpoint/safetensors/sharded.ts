import { keyedLeaves, toCheckpoint, type Checkpoint } from '../keys.js';
import { TankaError } from '../../errors/tanka-error.js';
import { fromTensor, type StoredArray } from '../stored-array.js';
import { corrupt } from './corrupt.js';
import { compareEntries } from './header.js';
import {
  readSafetensors,
  writeSafetensors,
  type LoadOptions,
  type SaveSafetensorsOptions,
} from './safetensors.js';

/** Options of {@link saveSharded}. */
export interface SaveShardedOptions extends SaveSafetensorsOptions {
  /** Most bytes of arrays in a file; a larger array gets a file of its own. Default 5 GB. */
  readonly maxShardBytes?: number;
}

/** Name of the index among the files of a sharded checkpoint. */
const INDEX_FILE = 'model.safetensors.index.json';

/**
 * A tree of tensors as several safetensors files and their index, under the names that hubs expect.
 *
 * @returns the bytes of each file by its name
 */
export function saveSharded(tree: unknown, options: SaveShardedOptions = {}): Map<string, Uint8Array> {
  const { maxShardBytes = 5e9, dtype, metadata = {} } = options;
  const arrays = keyedLeaves(tree)
    .map(({ key, leaf }) =>
      fromTensor(
        key,
        leaf,
        typeof dtype === 'function' ? dtype(key, leaf) : leaf.dtype === 'float32' ? dtype : undefined,
      ),
    )
    .sort(compareEntries);
  const shards: StoredArray[][] = [[]];
  let filled = 0;
  for (const array of arrays) {
    const last = shards[shards.length - 1];
    if (last.length > 0 && filled + array.bytes.byteLength > maxShardBytes) {
      shards.push([array]);
      filled = array.bytes.byteLength;
    } else {
      last.push(array);
      filled += array.bytes.byteLength;
    }
  }
  const number = (i: number): string => String(i).padStart(5, '0');
  const nameOf = (i: number): string => `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
  const files = new Map(shards.map((shard, i) => [nameOf(i), writeSafetensors(shard, metadata)]));
  const index = {
    metadata: { total_size: arrays.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) },
    weight_map: Object.fromEntries(shards.flatMap((shard, i) => shard.map(({ key }) => [key, nameOf(i)]))),
  };
  return files.set(INDEX_FILE, new TextEncoder().encode(JSON.stringify(index, null, 2)));
}

/** Which file has each array, as an index says. */
function weightMap(index: Uint8Array): [key: string, file: string][] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(index));
  } catch {
    throw corrupt('its index is not JSON');
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw corrupt('its index has no weight_map');
  return Object.entries(map).map(([key, file]) => {
    // A file's name is given to whatever reads it: it must not lead out of the folder.
    if (typeof file !== 'string' || !/^[\w][\w.-]*$/.test(file)) {
      throw corrupt(`its index has '${String(file).slice(0, 80)}' for '${key}', which is not a file name`);
    }
    return [key, file];
  });
}

/**
 * The tensors of a sharded checkpoint. Only the files that hold what the filter lets pass are read, one after the other.
 *
 * @param index the bytes of the index, `model.safetensors.index.json`
 * @param read gives the bytes of a file beside it
 * @throws as `loadSafetensors`, and `checkpoint-not-found` when a file lacks an array that the index promises
 */
export async function loadSharded(
  index: Uint8Array,
  read: (file: string) => Promise<Uint8Array>,
  { filter = () => true }: LoadOptions = {},
): Promise<Checkpoint> {
  const byFile = new Map<string, Set<string>>();
  for (const [key, file] of weightMap(index)) {
    if (!filter(key)) continue;
    byFile.set(file, (byFile.get(file) ?? new Set()).add(key));
  }
  const arrays: StoredArray[] = [];
  for (const [file, keys] of byFile) {
    const found = readSafetensors(await read(file), { filter: (key) => keys.has(key) });
    for (const { key } of found) keys.delete(key);
    if (keys.size > 0) {
      throw new TankaError(
        'checkpoint-not-found',
        `'${file}' lacks ${[...keys].map((key) => `'${key}'`).join(', ')}, which the index says it has. Download all files again: these are not of one checkpoint.`,
      );
    }
    arrays.push(...found);
  }
  return toCheckpoint(arrays);
}

import { toCheckpoint, type Checkpoint } from '../keys.js';
import type { StoredArray } from '../stored-array.js';
import { corrupt, headerLength, parseHeader, PREFIX } from './header.js';
import type { LoadOptions } from './safetensors.js';

/** What reading needs of Node's `node:fs/promises`. */
export interface FileOpener {
  /** Opens a file to read parts of it. */
  open(
    path: string,
    flags: string,
  ): Promise<{
    /** Tells its size, in bytes. */
    stat(): Promise<{ readonly size: number }>;
    /** Reads bytes at a position. */
    read(
      into: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ): Promise<{ readonly bytesRead: number }>;
    /** Gives the handle back. */
    close(): Promise<void>;
  }>;
}

/** Asked for at run time, so that bundlers for browsers see no import of it. */
function nodeFiles(): FileOpener {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): FileOpener } };
  return process.getBuiltinModule('node:fs/promises');
}

/**
 * `loadSafetensors` of a file in Node, of which only the header and the arrays that pass the filter are read.
 *
 * @throws as `loadSafetensors`, and what the file system throws; no tensor is left behind then
 */
export async function loadSafetensorsFile(
  path: string,
  { filter = () => true }: LoadOptions = {},
  files: FileOpener = nodeFiles(),
): Promise<Checkpoint> {
  const file = await files.open(path, 'r');
  try {
    const { size } = await file.stat();
    const take = async (position: number, length: number): Promise<Uint8Array> => {
      if (position + length > size) {
        throw corrupt(`it has ${size} bytes, fewer than the ${position + length} that its header needs`);
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await file.read(bytes, done, length - done, position + done);
        if (bytesRead === 0) throw corrupt(`it ends after ${position + done} bytes`);
        done += bytesRead;
      }
      return bytes;
    };
    const dataStart = PREFIX + headerLength(await take(0, Math.min(PREFIX, size)));
    const { entries } = parseHeader(await take(PREFIX, dataStart - PREFIX), size - dataStart);
    const arrays: StoredArray[] = [];
    for (const { key, dtype, shape, begin, end } of entries) {
      if (filter(key)) arrays.push({ key, dtype, shape, bytes: await take(dataStart + begin, end - begin) });
    }
    return toCheckpoint(arrays);
  } finally {
    await file.close();
  }
}

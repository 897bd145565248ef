import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { guardLeaves } from '../../tree/owned.js';
import { dispose } from '../../tree/tree.js';
import { nest, type Checkpoint } from '../keys.js';
import { toTensor } from '../stored-array.js';
import { corrupt } from './corrupt.js';
import { headerLength, parseHeader, PREFIX } from './header.js';
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
  const made: [string, Tensor][] = [];
  try {
    const { size } = await file.stat();
    const fill = async (bytes: Uint8Array, position: number): Promise<Uint8Array> => {
      const length = bytes.byteLength;
      if (position + length > size) {
        throw corrupt(`it has ${size} bytes, fewer than the ${position + length} that its header needs`);
      }
      for (let done = 0; done < length;) {
        const { bytesRead } = await file.read(bytes, done, length - done, position + done);
        if (bytesRead === 0) throw corrupt(`it ends after ${position + done} bytes`);
        done += bytesRead;
      }
      return bytes;
    };
    const dataStart = PREFIX + headerLength(await fill(new Uint8Array(Math.min(PREFIX, size)), 0));
    // Before memory is taken for it.
    if (dataStart > size) throw corrupt(`it has ${size} bytes, fewer than the ${dataStart} of its header`);
    const { entries } = parseHeader(await fill(new Uint8Array(dataStart - PREFIX), PREFIX), size - dataStart);
    const wanted = entries.filter(({ key }) => filter(key));
    // One piece of memory for all: each tensor has a copy of its own. Fresh memory would cost as much as the copy.
    const scratch = new Uint8Array(wanted.reduce((most, { begin, end }) => Math.max(most, end - begin), 0));
    for (const { key, dtype, shape, begin, end } of wanted) {
      const bytes = await fill(scratch.subarray(0, end - begin), dataStart + begin);
      made.push([key, tidy(() => toTensor({ key, dtype, shape, bytes }))]);
    }
    return guardLeaves(nest(made));
  } catch (error) {
    dispose(made.map(([, value]) => value));
    throw error;
  } finally {
    await file.close();
  }
}

import { checkName, notFound, type CheckpointStore } from './store.js';

/** What the store needs of Node's `node:fs/promises`. */
export interface FileSystem {
  /** Opens a file to write it. */
  open(
    path: string,
    flags: string,
  ): Promise<{
    /** Writes all bytes. */
    writeFile(bytes: Uint8Array): Promise<void>;
    /** Resolves once the bytes are on the disk. */
    sync(): Promise<void>;
    /** Gives the handle back. */
    close(): Promise<void>;
  }>;
  /** All bytes of a file. */
  readFile(path: string): Promise<Uint8Array>;
  /** Puts one file in the place of another, at once. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. */
  rm(path: string, options: { force: boolean }): Promise<void>;
  /** Makes a folder. */
  mkdir(path: string, options: { recursive: boolean }): Promise<unknown>;
  /** The names in a folder. */
  readdir(path: string): Promise<string[]>;
}

/** Node's own file system, asked for at run time so that bundlers for browsers see no import of it. */
function nodeFileSystem(): FileSystem {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): FileSystem } };
  return process.getBuiltinModule('node:fs/promises');
}

/** Temporary files carry this, so that `list` leaves them out. */
const TEMPORARY = '.writing';

let written = 0;

function isMissing(error: unknown): boolean {
  return (error as { code?: string }).code === 'ENOENT';
}

/**
 * Checkpoints as files of a folder, for Node. A file is written beside the old one, flushed to the disk and renamed:
 * a crash or a full disk leaves the old one whole.
 *
 * @param folder made when it is not there
 */
export function fileStore(folder: string, fs: FileSystem = nodeFileSystem()): CheckpointStore {
  const pathOf = (name: string): string => {
    checkName(name);
    return `${folder}/${name}`;
  };
  return {
    async save(name, bytes) {
      const path = pathOf(name);
      const temporary = `${path}.${Date.now().toString(36)}-${(written++).toString(36)}${TEMPORARY}`;
      await fs.mkdir(folder, { recursive: true });
      try {
        const file = await fs.open(temporary, 'wx');
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await fs.rename(temporary, path);
      } catch (error) {
        await fs.rm(temporary, { force: true });
        throw error;
      }
      // The new name is on the disk once the folder is; some systems cannot flush one.
      const handle = await fs.open(folder, 'r').catch(() => undefined);
      await handle?.sync().catch(() => undefined);
      await handle?.close();
    },
    async load(name) {
      const path = pathOf(name);
      try {
        return await fs.readFile(path);
      } catch (error) {
        throw isMissing(error) ? notFound(name, folder, error) : error;
      }
    },
    async list() {
      try {
        return (await fs.readdir(folder)).filter((name) => !name.endsWith(TEMPORARY)).sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    remove: (name) => fs.rm(pathOf(name), { force: true }),
  };
}

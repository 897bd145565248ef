import { checkName, notFound, unavailable, type CheckpointStore } from './store.js';

/** Options of {@link opfsStore}. */
export interface OpfsStoreOptions {
  /** Folder in the page's private file system. Default `tanka`. */
  readonly folder?: string;
  /** In place of `navigator.storage`. */
  readonly storage?: Pick<StorageManager, 'getDirectory'>;
}

function isMissing(error: unknown): boolean {
  return (error as { name?: string }).name === 'NotFoundError';
}

/** What iterating a folder gives; TypeScript's library does not know it yet. */
type Listing = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/**
 * Checkpoints as files of a page's private file system. The browser writes to a file of its own and puts it in place when it is closed:
 * an interrupted write leaves the old one whole.
 *
 * @throws by its functions: `checkpoint-store-unavailable` where there is no such file system, in some private windows for example
 */
export function opfsStore(options: OpfsStoreOptions = {}): CheckpointStore {
  const { folder = 'tanka' } = options;
  const root = async (): Promise<FileSystemDirectoryHandle> => {
    try {
      const storage = options.storage ?? (globalThis.navigator as Navigator | undefined)?.storage;
      if (storage === undefined) throw new Error('navigator.storage is not defined');
      return await storage.getDirectory();
    } catch (cause) {
      throw unavailable('private file system', cause);
    }
  };
  const directory = async (): Promise<Listing> =>
    await (await root()).getDirectoryHandle(folder, { create: true });
  return {
    async save(name, bytes) {
      checkName(name);
      const place = await directory();
      const isNew = await place.getFileHandle(name).then(
        () => false,
        (error: unknown) => {
          if (isMissing(error)) return true;
          throw error;
        },
      );
      try {
        const stream = await (await place.getFileHandle(name, { create: true })).createWritable();
        try {
          await stream.write(bytes as Uint8Array<ArrayBuffer>);
        } catch (error) {
          await stream.abort();
          throw error;
        }
        await stream.close();
      } catch (error) {
        // Asking for a handle has made an empty file, which is no checkpoint.
        if (isNew) await place.removeEntry(name).catch(() => undefined);
        throw error;
      }
    },
    async load(name) {
      checkName(name);
      try {
        const file = await (await (await directory()).getFileHandle(name)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      } catch (error) {
        throw isMissing(error) ? notFound(name, `the folder '${folder}'`, error) : error;
      }
    },
    async list() {
      const names: string[] = [];
      for await (const name of (await directory()).keys()) names.push(name);
      return names.sort();
    },
    async remove(name) {
      checkName(name);
      try {
        await (await directory()).removeEntry(name);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

import { checkName, notFound, unavailable, type CheckpointStore } from './store.js';

/** Options of {@link indexedDBStore}. */
export interface IndexedDBStoreOptions {
  /** Name of the database. Default `tanka`. */
  readonly database?: string;
  /** In place of the global `indexedDB`. */
  readonly factory?: IDBFactory;
}

const STORE = 'checkpoints';

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB failed'));
    };
  });
}

/**
 * Checkpoints in a browser's database. A write is one transaction: it happens whole or not at all.
 *
 * @throws by its functions: `checkpoint-store-unavailable` where there is no database, in some private windows for example
 */
export function indexedDBStore(options: IndexedDBStoreOptions = {}): CheckpointStore {
  const { database = 'tanka' } = options;
  const open = async (): Promise<IDBDatabase> => {
    try {
      // Reading the global one throws in a sandboxed frame.
      const factory = options.factory ?? (globalThis.indexedDB as IDBFactory | undefined);
      if (factory === undefined) throw new Error('indexedDB is not defined');
      const opening = factory.open(database, 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore(STORE);
      };
      return await done(opening);
    } catch (cause) {
      throw unavailable('database (IndexedDB)', cause);
    }
  };
  const run = async <T>(
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    const connection = await open();
    try {
      const transaction = connection.transaction(STORE, mode);
      const finished = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => {
          resolve();
        };
        transaction.onabort = () => {
          reject(transaction.error ?? new Error('The transaction was aborted'));
        };
      });
      // Waited for below; without a handler an abort before that would end the program.
      finished.catch(() => undefined);
      const result = await done(act(transaction.objectStore(STORE)));
      // A request that succeeds may still fail to reach the disk.
      await finished;
      return result;
    } finally {
      connection.close();
    }
  };
  return {
    async save(name, bytes) {
      checkName(name);
      await run('readwrite', (store) => store.put(bytes, name));
    },
    async load(name) {
      checkName(name);
      const bytes = await run('readonly', (store) => store.get(name) as IDBRequest<Uint8Array | undefined>);
      if (bytes === undefined) throw notFound(name, `the database '${database}'`);
      return bytes;
    },
    async list() {
      return (await run('readonly', (store) => store.getAllKeys())).map(String).sort();
    },
    async remove(name) {
      checkName(name);
      await run('readwrite', (store) => store.delete(name));
    },
  };
}

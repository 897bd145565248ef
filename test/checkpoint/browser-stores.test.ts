import { expect } from 'chai';
import { indexedDBStore, opfsStore, type CheckpointStore } from '../../src/checkpoint/index.js';
import { expectRejection } from './support.js';

/** What a fake medium is told to do wrong. */
interface Faults {
  /** Fails with this error when bytes are written. */
  write?: Error | undefined;
  /** Accepts the bytes, and fails when they should become lasting. */
  commit?: Error | undefined;
}

/** As much of IndexedDB as the store uses: requests that answer later, and transactions that happen whole or not at all. */
function fakeIndexedDB(faults: Faults): IDBFactory & { connections: number } {
  const databases = new Map<string, Map<string, unknown>>();
  const request = (act: () => unknown, after: (error?: Error) => void = () => undefined) => {
    const made = { result: undefined as unknown, error: null as Error | null } as Record<string, unknown>;
    setTimeout(() => {
      try {
        made.result = act();
        (made.onsuccess as () => void)();
        after();
      } catch (error) {
        made.error = error;
        (made.onerror as () => void)();
        after(error as Error);
      }
    });
    return made;
  };
  const factory = {
    connections: 0,
    open(name: string) {
      const isNew = !databases.has(name);
      const connection = {
        createObjectStore: () => databases.set(name, new Map()),
        close: () => factory.connections--,
        transaction(_: string, mode: string) {
          const kept = databases.get(name)!;
          const working = new Map(kept);
          const transaction: Record<string, unknown> = { error: null };
          const end = (error?: Error): void => {
            setTimeout(() => {
              const failed = error ?? (mode === 'readwrite' ? faults.commit : undefined);
              transaction.error = failed ?? null;
              if (failed === undefined) databases.set(name, working);
              (transaction[failed === undefined ? 'oncomplete' : 'onabort'] as () => void)();
            });
          };
          const writable = (): void => {
            if (mode !== 'readwrite') throw new Error('ReadOnlyError');
          };
          transaction.objectStore = () => ({
            put: (value: unknown, key: string) =>
              request(() => {
                writable();
                working.set(key, structuredClone(value));
                if (faults.write) throw faults.write;
              }, end),
            get: (key: string) => request(() => structuredClone(working.get(key)), end),
            getAllKeys: () => request(() => [...working.keys()], end),
            delete: (key: string) => request(() => (writable(), void working.delete(key)), end),
          });
          return transaction;
        },
      };
      const opening = request(() => {
        factory.connections++;
        opening.result = connection;
        if (isNew) (opening.onupgradeneeded as () => void)();
        return connection;
      });
      return opening;
    },
  };
  return factory as unknown as IDBFactory & { connections: number };
}

/** As much of a private file system as the store uses: a writable file takes the old one's place when it is closed. */
function fakeStorage(faults: Faults): Pick<StorageManager, 'getDirectory'> & { open: number } {
  const folders = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>();
  const missing = (): Error => Object.assign(new Error('not here'), { name: 'NotFoundError' });
  const storage = {
    open: 0,
    getDirectory: () =>
      Promise.resolve({
        getDirectoryHandle: (folder: string, { create }: { create: boolean }) => {
          if (!folders.has(folder) && !create) throw missing();
          const files = folders.get(folder) ?? new Map<string, Uint8Array<ArrayBuffer>>();
          folders.set(folder, files);
          return Promise.resolve({
            async *keys() {
              for (const name of files.keys()) yield await Promise.resolve(name);
            },
            removeEntry: (name: string) =>
              files.delete(name) ? Promise.resolve() : Promise.reject(missing()),
            getFileHandle: (name: string, options?: { create: boolean }) => {
              if (!files.has(name)) {
                if (options?.create !== true) return Promise.reject(missing());
                files.set(name, new Uint8Array());
              }
              return Promise.resolve({
                getFile: () => Promise.resolve(new Blob([files.get(name)!])),
                createWritable: () => {
                  let written: Uint8Array<ArrayBuffer> = new Uint8Array();
                  storage.open++;
                  return Promise.resolve({
                    write: (bytes: Uint8Array) => {
                      written = Uint8Array.from(bytes);
                      return faults.write ? Promise.reject(faults.write) : Promise.resolve();
                    },
                    abort: () => Promise.resolve(void storage.open--),
                    close: () => {
                      storage.open--;
                      if (faults.commit) return Promise.reject(faults.commit);
                      files.set(name, written);
                      return Promise.resolve();
                    },
                  });
                },
              });
            },
          });
        },
      }),
  };
  return storage as unknown as Pick<StorageManager, 'getDirectory'> & { open: number };
}

interface Medium {
  readonly store: (name?: string) => CheckpointStore;
  /** Connections or files that are still open. */
  readonly open: () => number;
}

const media: Record<string, (faults: Faults) => Medium> = {
  indexedDBStore: (faults) => {
    const factory = fakeIndexedDB(faults);
    return {
      store: (database = 'a') => indexedDBStore({ factory, database }),
      open: () => factory.connections,
    };
  },
  opfsStore: (faults) => {
    const storage = fakeStorage(faults);
    return { store: (folder = 'a') => opfsStore({ storage, folder }), open: () => storage.open };
  },
};

for (const [name, make] of Object.entries(media)) {
  describe(name, () => {
    let faults: Faults = {};
    let medium = make(faults);
    beforeEach(() => {
      faults = {};
      medium = make(faults);
    });
    afterEach(() => {
      expect(medium.open()).to.equal(0);
    });

    it('keeps, lists and forgets checkpoints', async () => {
      const store = medium.store();
      expect(await store.list()).to.deep.equal([]);
      await store.save('b', Uint8Array.of(1, 2));
      await store.save('a 1.safetensors', Uint8Array.of(3));
      await store.save('b', Uint8Array.of(4));
      expect(await store.list()).to.deep.equal(['a 1.safetensors', 'b']);
      expect([...(await store.load('b'))]).to.deep.equal([4]);
      await store.remove('b');
      await store.remove('b');
      expect(await store.list()).to.deep.equal(['a 1.safetensors']);
      await expectRejection('checkpoint-not-found', () => store.load('b'), "'b'");
    });

    it('keeps places apart', async () => {
      await medium.store('a').save('model', Uint8Array.of(1));
      expect(await medium.store('b').list()).to.deep.equal([]);
      expect([...(await medium.store('a').load('model'))]).to.deep.equal([1]);
    });

    it('keeps a view alone, not the buffer behind it', async () => {
      const store = medium.store();
      await store.save('view', new Uint8Array([9, 1, 2, 9]).subarray(1, 3));
      expect([...(await store.load('view'))]).to.deep.equal([1, 2]);
    });

    for (const step of ['write', 'commit'] as const) {
      it(`leaves the old checkpoint whole when the ${step} fails`, async () => {
        const store = medium.store();
        await store.save('model', Uint8Array.of(1, 2, 3));
        faults[step] = Object.assign(new Error('disk full'), { name: 'QuotaExceededError' });
        const message = await store
          .save('model', Uint8Array.of(9))
          .catch((e: unknown) => (e as Error).message);
        expect(message).to.equal('disk full');
        faults[step] = undefined;
        expect([...(await store.load('model'))]).to.deep.equal([1, 2, 3]);
      });

      it(`leaves no checkpoint behind when the ${step} of a new one fails`, async () => {
        const store = medium.store();
        faults[step] = new Error('disk full');
        await store.save('fresh', Uint8Array.of(9)).catch(() => undefined);
        faults[step] = undefined;
        expect(await store.list()).to.deep.equal([]);
      });
    }

    it('lets no name lead elsewhere', async () => {
      const store = medium.store();
      for (const wrong of ['../x', 'a/b', '', '.hidden']) {
        await expectRejection('checkpoint-key-invalid', () => store.save(wrong, new Uint8Array()));
        await expectRejection('checkpoint-key-invalid', () => store.load(wrong));
        await expectRejection('checkpoint-key-invalid', () => store.remove(wrong));
      }
    });
  });
}

describe('a place that the browser refuses', () => {
  const refuse = (): never => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };

  for (const [name, store] of Object.entries({
    indexedDBStore: indexedDBStore({ factory: { open: refuse } as unknown as IDBFactory }),
    opfsStore: opfsStore({ storage: { getDirectory: () => Promise.reject(new Error('insecure')) } }),
  })) {
    it(`is an error of its own, by every function of ${name}`, async () => {
      for (const call of [
        () => store.save('model', Uint8Array.of(1)),
        () => store.load('model'),
        () => store.list(),
        () => store.remove('model'),
      ]) {
        await expectRejection('checkpoint-store-unavailable', call, 'insecure');
      }
    });
  }

  it('is told when it is used, not when a store is made', async () => {
    const given = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');
    Object.defineProperty(globalThis, 'indexedDB', { get: refuse, configurable: true });
    try {
      await expectRejection('checkpoint-store-unavailable', () => indexedDBStore().list(), 'insecure');
      Object.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true });
      await expectRejection('checkpoint-store-unavailable', () => indexedDBStore().list(), 'not defined');
    } finally {
      delete (globalThis as { indexedDB?: unknown }).indexedDB;
      if (given !== undefined) Object.defineProperty(globalThis, 'indexedDB', given);
    }
  });
});

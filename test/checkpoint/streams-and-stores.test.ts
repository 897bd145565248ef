import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import {
  fetchSafetensors,
  fileStore,
  hubUrl,
  loadSafetensors,
  loadSharded,
  saveSharded,
  streamSafetensors,
  type FileSystem,
} from '../../src/checkpoint/index.js';
import { dispose } from '../../src/tree/tree.js';
import { contents, expectRejection, golden } from './support.js';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

describe('streamSafetensors', () => {
  const bytes = golden('haiku.safetensors');

  it('gives what loadSafetensors gives, in pieces of any size', async () => {
    const expected = contents(loadSafetensors(bytes));
    for (const size of [1, 7, 64, 10_000]) {
      expect(contents(await streamSafetensors(inPieces(bytes, size)))).to.deep.equal(expected);
    }
    expect(
      contents(await streamSafetensors(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream())),
    ).to.deep.equal(expected);
  });

  it('tells its progress, and reads part of a file', async () => {
    const seen: [number, number | undefined][] = [];
    const tree = await streamSafetensors(inPieces(bytes, 100), {
      filter: (key) => key === 'mask/keep',
      onProgress: (read, total) => seen.push([read, total]),
    });
    expect(Object.keys(tree)).to.deep.equal(['mask']);
    expect(seen[0]).to.deep.equal([100, undefined]);
    expect(seen.at(-1)).to.deep.equal([bytes.length, bytes.length]);
    dispose(tree);
  });

  it('leaves nothing behind when the stream ends early, goes on or fails', async () => {
    await expectRejection(
      'checkpoint-corrupt',
      () => streamSafetensors(inPieces(bytes.subarray(0, 640), 50)),
      'ends after 640',
    );
    await expectRejection('checkpoint-corrupt', () => streamSafetensors(inPieces(bytes.subarray(0, 4), 50)));
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    await expectRejection(
      'checkpoint-corrupt',
      () => streamSafetensors(inPieces(longer, 50)),
      'bytes follow',
    );
    const before = memory().numTensors;
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* inPieces(bytes.subarray(0, 650), 50);
      throw new Error('connection lost');
    };
    const message = await streamSafetensors(failing()).catch((error: unknown) => (error as Error).message);
    expect(message).to.equal('connection lost');
    expect(memory().numTensors).to.equal(before);
  });

  it('takes no memory for a size that is only claimed', async () => {
    const json = JSON.stringify({ a: { dtype: 'F32', shape: [1e9], data_offsets: [0, 4e9] } });
    const file = new Uint8Array(8 + json.length + 100);
    new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
    file.set(new TextEncoder().encode(json), 8);
    const before = process.memoryUsage().arrayBuffers;
    await expectRejection('checkpoint-corrupt', () => streamSafetensors(inPieces(file, 1000)));
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(10e6);
  });
});

describe('fetchSafetensors', () => {
  it('loads what a server answers, with the headers given', async () => {
    let sent: unknown;
    const fetch = ((url: string, init: RequestInit) => {
      sent = [url, init.headers];
      return Promise.resolve(new Response(golden('haiku.safetensors') as Uint8Array<ArrayBuffer>));
    }) as typeof globalThis.fetch;
    const url = hubUrl({ repo: 'owner/name', revision: 'v1.0', file: 'sub/model.safetensors' });
    expect(url).to.equal('https://huggingface.co/owner/name/resolve/v1.0/sub/model.safetensors');
    const tree = await fetchSafetensors(url, { fetch, headers: { authorization: 'Bearer x' } });
    expect(sent).to.deep.equal([url, { authorization: 'Bearer x' }]);
    expect(Object.keys(tree)).to.have.length(6);
    dispose(tree);
  });

  it('refuses other answers', async () => {
    const fetch = () => Promise.resolve(new Response('no', { status: 403 }));
    await expectRejection(
      'checkpoint-fetch',
      () => fetchSafetensors('https://example.org/x', { fetch }),
      'token',
    );
  });

  it('escapes what is put into addresses', () => {
    expect(hubUrl({ repo: 'a/b', revision: 'refs/pr/1', host: 'https://hub.example/' })).to.equal(
      'https://hub.example/a/b/resolve/refs%2Fpr%2F1/model.safetensors',
    );
  });
});

describe('sharded checkpoints', () => {
  const read = (file: string): Promise<Uint8Array> => Promise.resolve(golden(`sharded/${file}`));
  const index = golden('sharded/model.safetensors.index.json');

  it('are read by their index', async () => {
    const tree = await loadSharded(index, read);
    const whole = loadSafetensors(golden('haiku.safetensors'), { filter: (key) => /linear|count/.test(key) });
    expect(contents(tree)).to.deep.equal(contents(whole));
  });

  it('are read no further than needed', async () => {
    const files: string[] = [];
    const tree = await loadSharded(index, (file) => (files.push(file), read(file)), {
      filter: (key) => key.endsWith('count'),
    });
    expect(files).to.deep.equal(['model-00001-of-00002.safetensors']);
    expect(Object.keys(tree)).to.deep.equal(['counter/~']);
    dispose(tree);
  });

  it('come back as they were written', async () => {
    const tree = loadSafetensors(golden('haiku.safetensors'));
    const files = saveSharded(tree, { maxShardBytes: 64 });
    expect([...files.keys()].filter((name) => name.endsWith('.safetensors')).length).to.be.greaterThan(2);
    const back = await loadSharded(files.get('model.safetensors.index.json')!, (file) =>
      Promise.resolve(files.get(file)!),
    );
    expect(contents(back)).to.deep.equal(contents(tree));
  });

  it('whose index lies are refused', async () => {
    const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    for (const file of ['../secret', '/etc/passwd', 'a/b', '', 12, '..']) {
      await expectRejection('checkpoint-corrupt', () =>
        loadSharded(encode({ weight_map: { 'a/w': file } }), read),
      );
    }
    for (const wrong of [null, [], {}, { weight_map: [] }]) {
      await expectRejection('checkpoint-corrupt', () => loadSharded(encode(wrong), read));
    }
    await expectRejection('checkpoint-corrupt', () => loadSharded(new Uint8Array([0xff]), read));
    const promised = encode({ weight_map: { 'no/w': 'model-00001-of-00002.safetensors' } });
    await expectRejection('checkpoint-not-found', () => loadSharded(promised, read), "'no/w'");
  });
});

describe('fileStore', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tanka-store-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('keeps, lists and forgets checkpoints', async () => {
    const store = fileStore(join(folder, 'deep', 'er'));
    expect(await store.list()).to.deep.equal([]);
    await store.save('b', Uint8Array.of(1, 2));
    await store.save('a 1.safetensors', Uint8Array.of(3));
    await store.save('b', Uint8Array.of(4));
    expect(await store.list()).to.deep.equal(['a 1.safetensors', 'b']);
    expect([...(await store.load('b'))]).to.deep.equal([4]);
    await store.remove('b');
    await store.remove('b');
    expect(await store.list()).to.deep.equal(['a 1.safetensors']);
    await expectRejection('checkpoint-not-found', () => store.load('b'));
  });

  for (const step of ['writeFile', 'sync', 'close', 'rename'] as const) {
    it(`leaves the old file whole when ${step} fails`, async () => {
      const store = fileStore(folder);
      await store.save('model', Uint8Array.of(1, 2, 3));
      const full = (): Promise<never> =>
        Promise.reject(Object.assign(new Error('disk full'), { code: 'ENOSPC' }));
      const failing = {
        ...fs,
        rename: step === 'rename' ? full : fs.rename,
        open: async (path: string, flags: string) => {
          const handle = await fs.open(path, flags);
          return {
            writeFile: async (bytes: Uint8Array) => {
              await handle.writeFile(bytes.subarray(0, 1));
              if (step === 'writeFile') await full();
            },
            sync: () => (step === 'sync' ? full() : handle.sync()),
            close: async () => {
              await handle.close();
              if (step === 'close') await full();
            },
          };
        },
      } as unknown as FileSystem;
      const message = await fileStore(folder, failing)
        .save('model', Uint8Array.of(9, 9, 9))
        .catch((error: unknown) => (error as Error).message);
      expect(message).to.equal('disk full');
      expect([...readFileSync(join(folder, 'model'))]).to.deep.equal([1, 2, 3]);
      expect(readdirSync(folder)).to.deep.equal(['model']);
    });
  }

  it('lets no name lead elsewhere', async () => {
    const store = fileStore(folder);
    for (const name of ['../x', 'a/b', '', '.', '.hidden', 'a\\b', 'a\0b']) {
      await expectRejection('checkpoint-key-invalid', () => store.save(name, new Uint8Array()));
      await expectRejection('checkpoint-key-invalid', () => store.load(name));
    }
  });
});

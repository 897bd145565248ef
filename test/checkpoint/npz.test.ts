import { zeros } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { loadNpy, loadNpz, loadSafetensors, saveNpy, saveNpz } from '../../src/checkpoint/index.js';
import { dispose } from '../../src/tree/tree.js';
import { expectBits } from '../support/compare.js';
import { contents, expectError, golden } from './support.js';

describe('npz', () => {
  it('reads what NumPy wrote, packed or not', () => {
    const expected = contents(loadSafetensors(golden('haiku.safetensors')));
    for (const name of ['haiku.npz', 'haiku-compressed.npz']) {
      expect(contents(loadNpz(golden(name))), name).to.deep.equal(expected);
    }
  });

  it('reads every type, at its edges', () => {
    const { stored, expected } = loadNpz(golden('dtypes.npz'));
    for (const [dtype, leaf] of Object.entries(stored)) {
      expect(leaf.dtype, dtype).to.equal(expected[dtype].dtype);
      expectBits(leaf, expected[dtype].dataSync(), dtype);
    }
    expect(Object.keys(stored)).to.have.length(12);
    dispose({ stored, expected });
  });

  it('comes back as it was written', () => {
    const tree = loadSafetensors(golden('haiku.safetensors'));
    for (const compressed of [false, true]) {
      const back = loadNpz(saveNpz(tree, { compressed }));
      const again = loadSafetensors(golden('haiku.safetensors'));
      expect(contents(back)).to.deep.equal(contents(again));
    }
    dispose(tree);
  });

  it('reads what a filter of names asks for', () => {
    const tree = loadNpz(golden('haiku.npz'), { filter: (key) => key === 'mask/keep' });
    expect(Object.keys(tree)).to.deep.equal(['mask']);
    dispose(tree);
  });
});

describe('npy', () => {
  it('has the bytes that NumPy writes', () => {
    const bytes = golden('linear.npy');
    const leaf = loadNpy(bytes);
    expect(Buffer.from(saveNpy(leaf)).equals(Buffer.from(bytes))).to.equal(true);
    leaf.dispose();
  });

  it('is read in all layouts and versions', () => {
    const expectValues = (name: string, shape: number[], values: number[]): void => {
      const leaf = loadNpy(golden(name));
      expect(leaf.shape).to.deep.equal(shape);
      expect([...leaf.dataSync()]).to.deep.equal(values);
      leaf.dispose();
    };
    const counted = (length: number): number[] => [...Array(length).keys()];
    expectValues('fortran.npy', [2, 3, 4], counted(24));
    expectValues('big-endian.npy', [2, 3], counted(6));
    expectValues('version-2.npy', [4], counted(4));
    expectValues('version-3.npy', [4], counted(4));
  });

  it('of Python objects is refused', () => {
    expectError('checkpoint-dtype-unsupported', () => loadNpy(golden('objects.npy')), 'O');
  });

  it('with a damaged header is refused', () => {
    const bytes = golden('linear.npy');
    const damaged = (change: (copy: Uint8Array) => Uint8Array): void => {
      expectError('checkpoint-corrupt', () => loadNpy(change(bytes.slice())));
    };
    damaged((copy) => copy.subarray(0, 5));
    damaged((copy) => copy.subarray(0, 60));
    damaged((copy) => copy.subarray(0, copy.length - 1));
    damaged((copy) => copy.fill(0, 0, 1));
    damaged((copy) => copy.fill(9, 6, 7));
    damaged((copy) => copy.fill(0xff, 8, 10));
    damaged((copy) => copy.fill(0x78, 20, 22));
  });

  it('takes one tensor', () => {
    expectError('checkpoint-leaf-invalid', () => saveNpy({} as never));
  });
});

describe('hostile npz', () => {
  /** Offset of the first record of the directory. */
  const directoryOf = (bytes: Uint8Array): number =>
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 6, true);

  it('that claims to unpack to more than allowed is refused before it is unpacked', () => {
    // 300 MB of zeros in 300 kB.
    const bomb = zipSync({ 'a.npy': new Uint8Array(300e6) }, { level: 1 });
    const before = process.memoryUsage().arrayBuffers;
    expectError('checkpoint-too-large', () => loadNpz(bomb), '300000000');
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(10e6);
  });

  it('that unpacks to more than it claims is refused while it is unpacked', () => {
    const bomb = zipSync({ 'a.npy': new Uint8Array(50e6) }, { level: 9 });
    new DataView(bomb.buffer).setUint32(directoryOf(bomb) + 24, 1000, true);
    expectError('checkpoint-corrupt', () => loadNpz(bomb), 'more than the 1000');
  });

  it('that claims more than deflate can give is refused', () => {
    const bytes = zipSync({ 'a.npy': new Uint8Array(10) }, { level: 9 });
    new DataView(bytes.buffer).setUint32(directoryOf(bytes) + 24, 60e6, true);
    expectError('checkpoint-corrupt', () => loadNpz(bytes), 'claims to unpack to 60000000');
  });

  it('whose checksum is wrong is refused', () => {
    const bytes = golden('haiku.npz');
    bytes[200] ^= 1;
    expectError('checkpoint-corrupt', () => loadNpz(bytes), 'checksum');
  });

  it('with names that reach the prototype is refused', () => {
    const tree = { a: zeros([1]) };
    const npy = saveNpy(tree.a);
    dispose(tree);
    const bytes = zipSync(Object.fromEntries([['__proto__/w.npy', npy]]));
    expectError('checkpoint-key-invalid', () => loadNpz(bytes));
  });

  it('without a directory, or with one elsewhere, is refused', () => {
    expectError('checkpoint-corrupt', () => loadNpz(new Uint8Array()));
    expectError('checkpoint-corrupt', () => loadNpz(golden('haiku.npz').subarray(0, 900)));
    const bytes = golden('haiku.npz');
    new DataView(bytes.buffer).setUint32(bytes.length - 6, 0xfffffff0, true);
    expectError('checkpoint-corrupt', () => loadNpz(bytes));
  });
});

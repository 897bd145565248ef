import { cast, memory, scalar, tensor, tensor1d, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import {
  loadSafetensors,
  safetensorsMetadata,
  saveNpz,
  saveSafetensors,
} from '../../src/checkpoint/index.js';
import { dispose } from '../../src/tree/tree.js';
import { expectBits } from '../support/compare.js';
import { contents, expectError, golden } from './support.js';

/** A file with this header and `dataLength` zeros. */
function file(header: unknown, dataLength = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const one = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };

describe('loadSafetensors', () => {
  it('reads a file of Python as a Haiku tree', () => {
    const tree = loadSafetensors(golden('haiku.safetensors'));
    expect(Object.keys(tree).sort()).to.deep.equal(
      ['counter/~', 'empty', 'mask', 'mlp/~/linear_0', 'mlp/~/linear_1', 'é'].sort(),
    );
    expect(tree['mlp/~/linear_0'].w.shape).to.deep.equal([3, 5]);
    expect(tree['counter/~'].count.dtype).to.equal('int32');
    expect(tree['counter/~'].count.dataSync()[0]).to.equal(-7);
    expect(tree.mask.keep.dtype).to.equal('bool');
    expect(tree.empty.none.shape).to.deep.equal([0, 4]);
    expect([...tree['é']['名前'].dataSync()]).to.deep.equal([1.5]);
    dispose(tree);
  });

  it('reads every type, at its edges', () => {
    const { stored, expected } = loadSafetensors(golden('dtypes.safetensors'));
    for (const [dtype, leaf] of Object.entries(stored)) {
      expect(leaf.dtype, dtype).to.equal(expected[dtype].dtype);
      expectBits(leaf, expected[dtype].dataSync(), dtype);
    }
    expect(Object.keys(stored)).to.have.length(13);
    dispose({ stored, expected });
  });

  it('reads bytes at any address', () => {
    const bytes = golden('haiku.safetensors');
    const expected = contents(loadSafetensors(bytes));
    for (const shift of [1, 2, 3, 4]) {
      const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
      shifted.set(bytes);
      expect(contents(loadSafetensors(shifted))).to.deep.equal(expected);
    }
  });

  it('reads what a filter of names asks for', () => {
    const tree = loadSafetensors(golden('haiku.safetensors'), {
      filter: (key) => key.endsWith('linear_0/w'),
    });
    expect(Object.keys(tree)).to.deep.equal(['mlp/~/linear_0']);
    expect(Object.keys(tree['mlp/~/linear_0'])).to.deep.equal(['w']);
    dispose(tree);
  });

  it('puts names without a module under the empty one', () => {
    const tree = loadSafetensors(file({ w: one }, 4));
    expect(Object.keys(tree)).to.deep.equal(['']);
    dispose(tree);
  });

  it('gives tensors of their own: changing the bytes later changes nothing', () => {
    const bytes = file({ 'a/w': one }, 4);
    const tree = loadSafetensors(bytes);
    bytes.fill(7);
    expect(tree.a.w.dataSync()[0]).to.equal(0);
    dispose(tree);
  });

  it('reads the metadata', () => {
    expect(safetensorsMetadata(golden('haiku.safetensors'))).to.deep.equal({ format: 'np' });
    expect(safetensorsMetadata(file({}))).to.deep.equal({});
  });

  it('refuses 8-byte numbers that do not fit', () => {
    expectError(
      'checkpoint-value-range',
      () => loadSafetensors(golden('too-low.safetensors')),
      '-2147483649',
    );
    expectError('checkpoint-value-range', () => loadSafetensors(golden('too-high.safetensors')), '1e\\+39');
    const u64 = file({ a: { dtype: 'U64', shape: [1], data_offsets: [0, 8] } }, 8);
    u64[u64.length - 5] = 0x80;
    expectError('checkpoint-value-range', () => loadSafetensors(u64), '2147483648');
  });
});

describe('hostile safetensors', () => {
  const corrupt: [what: string, bytes: Uint8Array][] = [
    ['nothing at all', new Uint8Array()],
    ['7 bytes', new Uint8Array(7)],
    ['a header of no length', new Uint8Array(8)],
    ['a header longer than the file', file('{}').fill(200, 0, 1)],
    ['a header of 2^63 bytes', file('{}').fill(0x80, 7, 8)],
    [
      'a header of 200 MB',
      (() => {
        const bytes = file('{}');
        new DataView(bytes.buffer).setBigUint64(0, 200_000_000n, true);
        return bytes;
      })(),
    ],
    ['bytes that are not UTF-8', file('{}').fill(0xff, 8)],
    ['no object', file('[]')],
    ['deep nesting', file(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)],
    ['deep lists', file(`{"a":{"dtype":"F32","shape":${'['.repeat(100_000)}`)],
    ['an unfinished string', file('{"a')],
    ['an unfinished escape', file('{"a\\')],
    ['a bad escape', file('{"\\x41":1}')],
    ['something after the end', file('{}x')],
    ['a name twice', file(`{"a":${JSON.stringify(one)},"a":${JSON.stringify(one)}}`, 4)],
    ['a name twice, once escaped', file(`{"a":${JSON.stringify(one)},"\\u0061":${JSON.stringify(one)}}`, 4)],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}')],
    ['a metadata name twice', file('{"__metadata__":{"a":"1","a":"2"}}')],
    ['metadata that is no string', file('{"__metadata__":{"a":1}}')],
    ['a field twice', file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)],
    ['an unknown field', file({ a: { ...one, strides: [1] } }, 4)],
    ['a missing field', file({ a: { dtype: 'F32', shape: [1] } }, 4)],
    ['three offsets', file({ a: { ...one, data_offsets: [0, 4, 4] } }, 4)],
    ['a negative size', file({ a: { ...one, shape: [-1] } }, 4)],
    ['a fraction', file({ a: { ...one, shape: [1.5] } }, 4)],
    ['an exponent', file('{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', 4)],
    ['a NaN', file('{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', 4)],
    ['a number past 2^53', file('{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', 4)],
    ['sizes whose product overflows', file({ a: { ...one, shape: [2 ** 40, 2 ** 40] } }, 4)],
    ['sizes whose product wraps to the length', file({ a: { ...one, shape: [2 ** 32, 2 ** 32, 0] } }, 4)],
    ['a rank of thousands', file({ a: { ...one, shape: new Array(5000).fill(1) } }, 4)],
    ['offsets that lie about the size', file({ a: { ...one, data_offsets: [0, 8] } }, 8)],
    ['offsets in the wrong order', file({ a: { ...one, data_offsets: [4, 0] } }, 4)],
    ['arrays that overlap', file({ a: one, b: { ...one, data_offsets: [0, 4] } }, 4)],
    ['arrays with a gap', file({ a: one, b: { ...one, data_offsets: [8, 12] } }, 12)],
    ['data that are cut off', file({ a: one }, 3)],
    ['data that nobody claims', file({ a: one }, 5)],
  ];
  for (const [what, bytes] of corrupt) {
    it(`with ${what} is refused`, () => {
      expectError('checkpoint-corrupt', () => loadSafetensors(bytes));
    });
  }

  for (const dtype of ['NaN', 'C64', 'F8_E4M3', 'f32', '', '__proto__', 'toString']) {
    it(`of type '${dtype}' is refused`, () => {
      expectError('checkpoint-dtype-unsupported', () => loadSafetensors(file({ a: { ...one, dtype } }, 4)));
    });
  }

  for (const key of ['__proto__', '__proto__/w', 'a/__proto__', 'a.__proto__.b', 'a/__proto__/b']) {
    it(`with the name '${key}' is refused`, () => {
      const bytes = file(`{${JSON.stringify(key)}:${JSON.stringify(one)}}`, 4);
      expectError('checkpoint-key-invalid', () => loadSafetensors(bytes));
      expect(({} as Record<string, unknown>).w).to.equal(undefined);
    });
  }

  it('with two names of one place is refused', () => {
    const bytes = file({ w: one, '/w': { ...one, data_offsets: [4, 8] } }, 8);
    expectError('checkpoint-key-invalid', () => loadSafetensors(bytes));
  });

  it('with names of Object.prototype is read as any other', () => {
    const tree = loadSafetensors(
      file({ 'constructor/toString': one, 'hasOwnProperty/w': { ...one, data_offsets: [4, 8] } }, 8),
    );
    expect(Object.keys(tree)).to.deep.equal(['constructor', 'hasOwnProperty']);
    expect(Object.keys(tree.constructor)).to.deep.equal(['toString']);
    dispose(tree);
  });

  it('leaves no tensor behind when a later array is wrong', () => {
    const bytes = file({ a: one, b: { dtype: 'BOOL', shape: [1], data_offsets: [4, 5] } }, 5);
    bytes[bytes.length - 1] = 2;
    expectError('checkpoint-value-range', () => loadSafetensors(bytes), "'b'");
  });
});

describe('saveSafetensors', () => {
  it('writes the bytes that Python writes', () => {
    for (const name of ['haiku.safetensors', 'halves.safetensors']) {
      const bytes = golden(name);
      const tree = loadSafetensors(bytes);
      const dtype = (key: string) => (key === 'f16' ? 'F16' : key === 'bf16' ? 'BF16' : undefined);
      const flat = name === 'haiku.safetensors' ? tree : tree[''];
      const saved = saveSafetensors(flat, {
        dtype,
        metadata: name === 'haiku.safetensors' ? { format: 'np' } : {},
      });
      expect(Buffer.from(saved).equals(Buffer.from(bytes)), name).to.equal(true);
      dispose(tree);
    }
  });

  it('takes any nesting, and joins paths', () => {
    const tree = { params: { 'a/b': { w: scalar(1) } }, opt: [{ mu: scalar(2) }, null, { mu: scalar(3) }] };
    const back = loadSafetensors(saveSafetensors(tree));
    expect(Object.keys(back).sort()).to.deep.equal(['opt/0', 'opt/2', 'params/a/b']);
    expect(back['opt/2'].mu.dataSync()[0]).to.equal(3);
    dispose([tree, back]);
  });

  it('writes the types asked for', () => {
    const tree = tidy(() => ({
      a: { f: tensor1d([1, 2]), i: tensor1d([0, 255], 'int32'), b: cast(tensor1d([0, 1]), 'bool') },
    }));
    const halves = loadSafetensors(saveSafetensors(tree, { dtype: 'BF16' }));
    expect(contents(halves)).to.deep.equal({
      a: { f: 'float32 [2] 0000803f00000040', i: 'int32 [2] 00000000ff000000', b: 'bool [2] 0001' },
    });
    const bytes = saveSafetensors(tree, { dtype: (_key, leaf) => (leaf.dtype === 'float32' ? 'F16' : 'U8') });
    expect(contents(loadSafetensors(bytes))).to.deep.equal({
      a: {
        f: 'float32 [2] 0000803f00000040',
        i: 'int32 [2] 00000000ff000000',
        b: 'int32 [2] 0000000001000000',
      },
    });
    dispose(tree);
  });

  it('writes an empty tree, scalars and empty arrays', () => {
    expect(loadSafetensors(saveSafetensors({}))).to.deep.equal({});
    const tree = { a: { s: scalar(-0), e: zeros([2, 0]) } };
    expect(contents(loadSafetensors(saveSafetensors(tree)))).to.deep.equal({
      a: { s: 'float32 [] 00000080', e: 'float32 [2, 0] ' },
    });
    dispose(tree);
  });

  it('refuses what would not read back as written', () => {
    const leaf = scalar(1);
    const trees: unknown[] = [
      { a: { 'b/c': leaf } },
      { 'a/b': leaf },
      { a: { b: { c: leaf } }, 'a/b': { c: leaf } },
      { __metadata__: leaf },
      { a: Object.fromEntries([['__proto__', leaf]]) },
      { w: leaf, '': { w: leaf } },
      { 'half of 🎌 \ud83c': { w: leaf } },
      { a: { '\udf8c': leaf } },
    ];
    for (const tree of trees) {
      expectError('checkpoint-key-invalid', () => saveSafetensors(tree));
      expectError('checkpoint-key-invalid', () => saveNpz(tree));
    }
    leaf.dispose();
  });

  it('refuses leaves that are not tensors', () => {
    const disposed = scalar(1);
    disposed.dispose();
    const leaves: unknown[] = [12, 'w', new Uint32Array(2), new Map(), disposed, () => 1];
    for (const leaf of leaves) {
      expectError('checkpoint-leaf-invalid', () => saveSafetensors({ a: { leaf } }), "'a/leaf'");
    }
    const text = tensor(['a'], [1], 'string');
    expectError('checkpoint-leaf-invalid', () => saveSafetensors({ a: { text } }), 'string');
    text.dispose();
  });

  it('refuses types that the values do not fit', () => {
    const tree: { a: Tensor } = { a: tensor1d([1, 256], 'int32') };
    expectError('checkpoint-value-range', () => saveSafetensors(tree, { dtype: () => 'U8' }), '256');
    expectError('checkpoint-leaf-invalid', () => saveSafetensors(tree, { dtype: () => 'F16' }), 'int32');
    dispose(tree);
    expect(memory().unreliable ?? false).to.equal(false);
  });
});

import { expect } from 'chai';
import type { io } from '@tensorflow/tfjs-core';
import { loadTfjsWeights } from '../../src/checkpoint/index.js';
import { dispose } from '../../src/tree/tree.js';
import { errorCode } from '../support/errors.js';

const spec = (
  name: string,
  shape: number[],
  dtype = 'float32',
  extra: object = {},
): io.WeightsManifestEntry => ({ name, shape, dtype, ...extra }) as io.WeightsManifestEntry;

describe('loadTfjsWeights', () => {
  it('reads floats, integers, bools and quantized floats from any number of files', () => {
    const bytes = new Uint8Array(8 + 4 + 2 + 2 + 4);
    const view = new DataView(bytes.buffer);
    view.setFloat32(0, 1.5, true);
    view.setFloat32(4, -2, true);
    view.setInt32(8, -7, true);
    bytes.set([1, 0], 12);
    bytes.set([0, 3], 14);
    view.setUint16(16, 0x3c00, true);
    view.setUint16(18, 0xc000, true);
    const weightSpecs = [
      spec('a/kernel', [2]),
      spec('a/count', [], 'int32'),
      spec('a/mask', [2], 'bool'),
      spec('b/c/w', [2], 'float32', { quantization: { dtype: 'uint8', scale: 2, min: 1 } }),
      spec('b/c/h', [2], 'float32', { quantization: { dtype: 'float16' } }),
    ];
    const loaded = loadTfjsWeights({
      weightSpecs,
      weightData: [bytes.slice(0, 5).buffer, bytes.slice(5).buffer],
    });
    const values = (module: string, name: string): unknown[] => [
      loaded[module][name].dtype,
      Array.from(loaded[module][name].dataSync()),
    ];
    expect(values('a', 'kernel')).to.deep.equal(['float32', [1.5, -2]]);
    expect(values('a', 'count')).to.deep.equal(['int32', [-7]]);
    expect(values('a', 'mask')).to.deep.equal(['bool', [1, 0]]);
    expect(values('b/c', 'w')).to.deep.equal(['float32', [1, 7]]);
    expect(values('b/c', 'h')).to.deep.equal(['float32', [1, -2]]);
    dispose(loaded);

    const some = loadTfjsWeights(
      { weightSpecs, weightData: bytes.buffer },
      { filter: (key) => key === 'a/count' },
    );
    expect(Object.keys(some)).to.deep.equal(['a']);
    expect(some.a.count.dataSync()[0]).to.equal(-7);
    dispose(some);
    expect(loadTfjsWeights({})).to.deep.equal({});
  });

  it('refuses what the specs and the bytes do not agree on', () => {
    const code = (weightSpecs: io.WeightsManifestEntry[], length: number): string | undefined =>
      errorCode(() => loadTfjsWeights({ weightSpecs, weightData: new ArrayBuffer(length) }));
    expect(code([spec('a', [2])], 7)).to.equal('checkpoint-corrupt');
    expect(code([spec('a', [2])], 9)).to.equal('checkpoint-corrupt');
    expect(code([spec('a', [1]), spec('a', [1])], 8)).to.equal('checkpoint-corrupt');
    expect(code([spec('a', [-1, -2])], 8)).to.equal('checkpoint-corrupt');
    expect(code([spec('a', [2 ** 40, 2 ** 40])], 8)).to.equal('checkpoint-corrupt');
    expect(code([spec('a', [1.5])], 6)).to.equal('checkpoint-corrupt');
    expect(code([spec('a', 3 as unknown as number[])], 12)).to.equal('checkpoint-corrupt');
    expect(code([spec('a', [2], 'string')], 8)).to.equal('checkpoint-dtype-unsupported');
    expect(code([spec('a', [2], 'toString')], 8)).to.equal('checkpoint-dtype-unsupported');
    expect(code([spec('__proto__/w', [2])], 8)).to.equal('checkpoint-key-invalid');
  });
});

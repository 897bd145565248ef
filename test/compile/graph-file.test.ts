import {
  add,
  clone,
  getBackend,
  matMul,
  memory,
  mul,
  relu,
  reshape,
  scalar,
  setBackend,
  tensor1d,
  tensor2d,
  tidy,
  topk,
  where,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect } from 'chai';
import { safetensorsMetadata, saveSafetensors } from '../../src/checkpoint/index.js';
import { loadGraph, saveGraph } from '../../src/compile/graph-file.js';
import { jit } from '../../src/compile/jit.js';
import { serialise } from '../../src/compile/serialise.js';
import { gelu } from '../../src/nn/functions/gelu.js';
import * as random from '../../src/random/index.js';
import { structure } from '../../src/tree/tree.js';
import { expectBits, expectClose } from '../support/compare.js';

const weights = { w: [1, -2, 3, 4, 5, -6], b: [0.5, -0.5] };

function codeOf(f: () => unknown): unknown {
  try {
    tidy(() => void f());
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

/** A file with a dense layer on `[4, 3]`, whose weights are constants of the function. */
function denseFile(): Uint8Array {
  let file = new Uint8Array();
  tidy(() => {
    const w = tensor2d(weights.w, [3, 2]);
    const b = tensor1d(weights.b);
    const dense = jit(
      (p: { w: Tensor2D; b: Tensor }, x: Tensor2D, flat: boolean) => {
        const y = relu(add(matMul(x, p.w), p.b));
        return { y: flat ? reshape(y, [-1]) : y, kind: 'dense' };
      },
      { constants: { w, b } },
    );
    file = saveGraph(
      dense,
      { w, b },
      tensor2d(new Float32Array(12), [4, 3]),
      true,
    ) as Uint8Array<ArrayBuffer>;
  });
  return file;
}

/** The file with its graph changed by `change`. */
function changed(file: Uint8Array, change: (text: string) => string): Uint8Array {
  const metadata = safetensorsMetadata(file);
  const one = scalar(1);
  const out = saveSafetensors(
    { constant: { '0': one } },
    { metadata: { ...metadata, 'tanka.graph': change(metadata['tanka.graph']) } },
  );
  one.dispose();
  return out;
}

describe('saved graphs', () => {
  it('run without the function, on the arguments that are not constant', () => {
    const run = loadGraph(denseFile());
    expect(run.description.operations).to.equal(1);
    tidy(() => {
      const x = tensor2d(
        Array.from({ length: 12 }, (_, i) => Math.cos(i)),
        [4, 3],
      );
      const expected = relu(add(matMul(x, tensor2d(weights.w, [3, 2])), tensor1d(weights.b)));
      const result = run(x, true) as { y: Tensor; kind: string };
      expect(result.y.shape).to.deep.equal([8]);
      expect(result.kind).to.equal('dense');
      expectBits(result.y, expected.dataSync());
    });
    run.dispose();
  });

  it('refuse arguments that they were not saved for', () => {
    const run = loadGraph(denseFile());
    expect(codeOf(() => run(tensor2d([1, 2, 3], [1, 3]), true))).to.equal('graph-argument-mismatch');
    expect(codeOf(() => run(tensor2d(new Float32Array(12), [4, 3]), false))).to.equal(
      'graph-argument-mismatch',
    );
    expect(codeOf(() => run(tensor2d(new Float32Array(12), [4, 3])))).to.equal('graph-argument-mismatch');
    expect(codeOf(() => run('x', true))).to.equal('graph-argument-mismatch');
    run.dispose();
  });

  it('are not run after dispose, on another backend, or on what was disposed of', async () => {
    const x = tensor2d(new Float32Array(12), [4, 3]);
    const loaded = loadGraph(denseFile());
    const gone = clone(x);
    gone.dispose();
    expect(codeOf(() => loaded(gone, true))).to.equal('tensor-disposed');
    const backend = getBackend();
    await setBackend('cpu');
    expect(codeOf(() => loaded(x, true))).to.equal('graph-unusable');
    await setBackend(backend);
    expect(codeOf(() => loaded(x, true))).to.equal(undefined);
    loaded.dispose();
    loaded.dispose();
    expect(codeOf(() => loaded(x, true))).to.equal('graph-unusable');
    x.dispose();
  });

  it('with kernels of the WASM backend alone say where they run, and run where that says', async () => {
    const jitted = jit((x: Tensor) => gelu(x));
    const save = (): Uint8Array => tidy(() => saveGraph(jitted, tensor1d([1, -2])));
    const file = save();
    const before = getBackend();
    await setBackend('cpu');
    try {
      expect(() => loadGraph(file)).to.throw(
        /operation TankaGelu, which the backend cpu does not have\. Load it on the backend of hk\.saveGraph \(after useWasm\(\) for WASM\), or save it on cpu\.$/,
      );
      const loaded = loadGraph(save());
      tidy(() => {
        const y = loaded(tensor1d([0, 1])) as Tensor;
        expectClose(y, Float32Array.of(0, 0.8411920070648193), 1e-6);
      });
      loaded.dispose();
    } finally {
      await setBackend(before);
    }
    jitted.dispose();
  });

  it('say so when an operation of theirs fails, whatever it throws', () => {
    const x = tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const largest = jit((values: Tensor) => topk(values, 2).values);
    const file = saveGraph(largest, x);
    const loaded = loadGraph(changed(file, (text) => text.replace('"x":', '"y":')));
    expect(codeOf(() => loaded(x))).to.equal('graph-invalid');
    loaded.dispose();
    largest.dispose();
    x.dispose();
  });

  it('cannot hold random numbers, mixed arguments or functions that are not jitted', () => {
    const noisy = jit((key: random.PRNGKey) => random.uniform(key, [2]));
    expect(codeOf(() => saveGraph(noisy, random.key(1)))).to.equal('graph-unsavable');
    expect(codeOf(() => saveGraph((() => 1) as never))).to.equal('graph-unsavable');
    tidy(() => {
      const c = scalar(2);
      const mixed = jit((p: Tensor[]) => mul(p[0], p[1]), { constants: c });
      expect(codeOf(() => saveGraph(mixed, [c, scalar(3)]))).to.equal('graph-unsavable');
    });
    const view = { buffer: 0, shape: [1], dtype: 'complex64' } as const;
    const graph = {
      bufferCount: 1,
      inputs: [],
      inputKeys: [],
      constants: new Map([[0, { view, values: Float32Array.of(1, 2) }]]),
      constantKeys: new Map(),
      nodes: [],
      results: [],
    };
    const none = structure([]);
    expect(codeOf(() => serialise(graph, { arguments: none, leaves: [], result: none }))).to.equal(
      'graph-unsavable',
    );
  });

  it('hold constants of every type, and refuse values that the type does not have', () => {
    let file: Uint8Array = new Uint8Array();
    tidy(() => {
      const keep = tensor1d([1, 0, 1], 'bool');
      const counts = tensor1d([7, -8, 9], 'int32');
      const chosen = jit((x: Tensor) => where(keep, add(x, counts), x));
      file = saveGraph(chosen, tensor1d([1, 2, 3]));
      const graph = loadGraph(file);
      expectBits(graph(tensor1d([1, 2, 3])) as Tensor, Float32Array.of(8, 2, 12));
      graph.dispose();
    });
    // Types of one byte come last in the file.
    const wrong = file.slice();
    wrong[wrong.length - 1] = 2;
    expect(codeOf(() => loadGraph(wrong))).to.equal('graph-invalid');
    // A file may lie anywhere in a larger one.
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    loadGraph(shifted.subarray(3)).dispose();
  });

  it('are refused when they are damaged, and leave no tensors', () => {
    const file = denseFile();
    const before = memory().numTensors;
    const one = scalar(1);
    const plain = saveSafetensors({ a: { b: one } });
    one.dispose();
    const damaged: [string, Uint8Array][] = [
      ['a checkpoint without a graph', plain],
      ['no JSON', changed(file, (text) => text.slice(1))],
      ['an unknown operation', changed(file, (text) => text.replaceAll('_FusedMatMul', 'NoSuchKernel'))],
      ['a buffer out of range', changed(file, (text) => text.replace(/"buffer":\d+/, '"buffer":99999'))],
      ['a missing constant', changed(file, (text) => text)],
      ['a negative size', changed(file, (text) => text.replace('"shape":[4,3]', '"shape":[4,-3]'))],
      ['no signature', changed(file, (text) => text.replace('"signature"', '"sign"'))],
      ['too many buffers', changed(file, (text) => text.replace(/"bufferCount":\d+/, '"bufferCount":1e12'))],
    ];
    for (const [what, bytes] of damaged)
      expect(
        codeOf(() => loadGraph(bytes)),
        what,
      ).to.equal('graph-invalid');
    expect(codeOf(() => loadGraph(file.subarray(0, 20)))).to.equal('checkpoint-corrupt');
    expect(memory().numTensors).to.equal(before);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { loadSafetensors, safetensorsMetadata, saveSafetensors } from '../../src/checkpoint/index.js';
import { loadGraph, saveGraph } from '../../src/compile/graph-file.js';
import { jit } from '../../src/compile/jit.js';
import { TankaError } from '../../src/errors/tanka-error.js';
import * as hk from '../../src/index.js';

/** A small network with convolutions, a norm, a concatenation, attention and a recurrence: what files hold. */
function networkFile(): Uint8Array {
  const model = hk.transform((x: tf.Tensor4D) => {
    const h = hk.nn.relu(new hk.Conv2D(4, 3, { stride: 2 }).call(x));
    const wide = tf.concat(
      [
        h,
        tf.pad(tf.slice(h, [0, 0, 0, 0], [-1, 2, -1, -1]), [
          [0, 0],
          [0, 2],
          [0, 0],
          [0, 0],
        ]),
      ],
      3,
    );
    const rows = tf.reshape(new hk.DepthwiseConv2D(1, 3).call(wide as tf.Tensor4D), [1, 16, 8]);
    const normal = new hk.LayerNorm({ axis: -1, createScale: true, createOffset: true }).call(rows);
    const mixed = new hk.MultiHeadAttention(2, 4, { wInitScale: 1 }).call(normal, normal, normal);
    const core = new hk.LSTM(3);
    const steps = tf.transpose(mixed, [1, 0, 2]);
    return hk.dynamicUnroll(core, tf.slice(steps, [0, 0, 0], [5, -1, -1]), core.initialState(1))[0];
  });
  return tf.tidy(() => {
    const x = tf.zeros<tf.Rank.R4>([1, 8, 8, 2]);
    const params = model.init(1, x);
    const apply = jit((p: hk.Params, inputs: tf.Tensor4D) => model.apply(p, null, inputs), {
      constants: params,
    });
    const file = saveGraph(apply, params, x);
    apply.dispose();
    return file as unknown as tf.Tensor;
  }) as unknown as Uint8Array;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** All places in a document, each with a function that puts something else there. */
function places(
  node: Json,
  put: (value: Json | undefined) => void,
  out: ((value: Json | undefined) => void)[] = [],
) {
  out.push(put);
  if (Array.isArray(node)) {
    node.forEach((child, i) =>
      places(child, (value) => void (value === undefined ? node.splice(i, 1) : (node[i] = value)), out),
    );
  } else if (node !== null && typeof node === 'object') {
    for (const key of Object.keys(node)) {
      places(
        node[key],
        (value) => {
          if (value === undefined) Reflect.deleteProperty(node, key);
          else node[key] = value;
        },
        out,
      );
    }
  }
  return out;
}

const replacement: fc.Arbitrary<Json | undefined> = fc.oneof(
  fc.constantFrom<Json | undefined>(
    undefined,
    null,
    true,
    '',
    'float32',
    'int32',
    'Relu',
    'Concat',
    [],
    {},
    [1, 8],
    [0],
  ),
  fc.integer({ min: -3, max: 40 }),
  fc.constantFrom(1e9, 2 ** 53, -(2 ** 31), 0.5, 1e300),
);

/** Loads and runs; any error that it throws must be one that says so. */
function survives(bytes: Uint8Array): void {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    let run: ReturnType<typeof loadGraph> | undefined;
    try {
      run = loadGraph(bytes);
      run(tf.ones([1, 8, 8, 2]));
    } catch (error) {
      // Before it runs, every fault is one of the file.
      if (run === undefined && !(error instanceof TankaError)) throw error;
      expect(error).to.be.instanceOf(Error).and.not.instanceOf(WebAssembly.RuntimeError);
    } finally {
      run?.dispose();
    }
  });
  expect(tf.memory().numTensors).to.equal(before);
}

describe('damaged and hostile graph files', () => {
  it('are refused or run, with any value replaced', () => {
    const file = networkFile();
    const metadata = safetensorsMetadata(file);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), replacement), { minLength: 1, maxLength: 2 }), (changes) => {
        const text = { graph: JSON.parse(metadata['tanka.graph']) as Json };
        for (const [place, value] of changes) {
          const all = places(text.graph, (next) => (text.graph = next ?? null));
          all[place % all.length](value);
        }
        const arrays = loadSafetensors(file);
        const changed = saveSafetensors(arrays, {
          metadata: { ...metadata, 'tanka.graph': JSON.stringify(text.graph) },
        });
        hk.tree.dispose(arrays);
        survives(changed);
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it('are refused or run, with bytes changed or cut off', () => {
    const file = networkFile();
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, cut) => {
        const changed = file.slice();
        changed[at % file.length] = byte;
        survives(cut ? changed.subarray(0, at % file.length) : changed);
      }),
      { numRuns: 100, seed: 7 },
    );
  });
});

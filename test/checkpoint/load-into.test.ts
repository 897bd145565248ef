import { ones, scalar, tensor2d, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import {
  composeKeyMaps,
  loadInto,
  loadSafetensors,
  renameKeys,
  saveSafetensors,
} from '../../src/checkpoint/index.js';
import { editDistance, nearest } from '../../src/checkpoint/edit-distance.js';
import { adam } from '../../src/optim/index.js';
import { dispose } from '../../src/tree/tree.js';
import { contents, expectError } from './support.js';

describe('loadInto', () => {
  it('rebuilds any nesting that was saved', () => {
    const tree = {
      params: { 'a/~/b': { w: tensor2d([[1, 2]]) } },
      opt: [{ count: scalar(3, 'int32'), empty: {} }, null, [ones([2])]],
    };
    const stored = loadSafetensors(saveSafetensors(tree));
    const back = loadInto(tree, stored);
    expect(back).to.not.equal(tree);
    expect(contents(back)).to.deep.equal(contents(tree));
    dispose(stored);
  });

  it('rebuilds the state of an optimizer', () => {
    const params = { linear: { w: ones([2, 2]), b: zeros([2]) } };
    const tx = adam(0.1);
    const template = tx.init(params);
    const [updates, state] = tx.update(params, template, params);
    const stored = loadSafetensors(saveSafetensors(state));
    const back = loadInto(template, stored);
    expect(contents(back)).to.deep.equal(contents(state));
    dispose([params, updates, stored, template]);
  });

  it('takes shapes and types as a template', () => {
    const stored = { linear: { w: ones([2, 3]) } };
    const back = loadInto({ linear: { w: { shape: [2, 3], dtype: 'float32' } } }, stored) as {
      linear: { w: Tensor };
    };
    expect(back.linear.w.shape).to.deep.equal([2, 3]);
    dispose([stored, back]);
  });

  it('tells all differences at once, with near misses', () => {
    const template = { encoder: { w: zeros([2, 2]), b: zeros([2]) }, decoder: { w: zeros([3]) } };
    const stored = { encoder: { w: zeros([2, 3]), b: zeros([2], 'int32') }, deconder: { w: zeros([3]) } };
    const { message } = expectError('checkpoint-mismatch', () => loadInto(template, stored));
    expect(message).to.include("'decoder/w' (did you mean 'deconder/w'?)");
    expect(message).to.include(
      "'encoder/w' is float32 [2, 3] in the checkpoint, float32 [2, 2] in the template",
    );
    expect(message).to.include("'encoder/b' is int32 [2] in the checkpoint, float32 [2] in the template");
    expect(message).to.include("Unexpected in the checkpoint (1):\n  'deconder/w' float32 [3]");
    dispose([template, stored]);
  });

  it('loads what is there when it is not strict', () => {
    const template = { a: { w: zeros([2]), b: ones([2]) } };
    const stored = { a: { w: ones([2]) }, other: { w: ones([1]) } };
    const back = loadInto(template, stored, { strict: false });
    expect([...back.a.w.dataSync(), ...back.a.b.dataSync()]).to.deep.equal([1, 1, 1, 1]);
    expect(back.a.b).to.not.equal(template.a.b);
    expectError('checkpoint-mismatch', () =>
      loadInto({ a: { w: { shape: [2], dtype: 'float32' }, x: { shape: [], dtype: 'float32' } } }, stored, {
        strict: false,
      }),
    );
    dispose([template, stored, back]);
  });

  it('casts when asked', () => {
    const template = { a: { w: zeros([2]) } };
    const stored = { a: { w: ones([2], 'int32') } };
    expectError('checkpoint-mismatch', () => loadInto(template, stored));
    const back = loadInto(template, stored, { dtype: 'template' });
    expect(back.a.w.dtype).to.equal('float32');
    const whole = loadInto(template, stored, { dtype: 'int32' });
    expect(whole.a.w.dtype).to.equal('int32');
    dispose([template, stored, back, whole]);
  });

  it('renames by a table or by patterns', () => {
    const template = { 'net/linear_1': { w: zeros([1]) } };
    const stored = { '': { 'layers.1.weight': ones([1]) } };
    const byTable = loadInto(template, stored, { map: { 'layers.1.weight': 'net/linear_1/w' } });
    const map = composeKeyMaps(
      renameKeys([[/^layers\.(\d)/, 'net/linear_$1']]),
      renameKeys([['.weight', '/w']]),
    );
    const byPattern = loadInto(template, stored, { map });
    expect(byTable['net/linear_1'].w.dataSync()[0] + byPattern['net/linear_1'].w.dataSync()[0]).to.equal(2);
    dispose([template, stored, byTable, byPattern]);
  });

  it('refuses templates and checkpoints of anything but tensors', () => {
    const w = zeros([1]);
    expectError('checkpoint-leaf-invalid', () => loadInto({ a: 12 }, { a: w }));
    expectError('checkpoint-leaf-invalid', () => loadInto({ a: w }, { a: 'text' }));
    w.dispose();
  });
});

describe('editDistance', () => {
  it('counts insertions, deletions and substitutions, up to a limit', () => {
    expect(editDistance('kitten', 'sitting', 5)).to.equal(3);
    expect(editDistance('', 'abc', 3)).to.equal(3);
    expect(editDistance('abc', 'abc', 0)).to.equal(0);
    expect(editDistance('kitten', 'sitting', 2)).to.equal(Infinity);
  });
  it('finds the nearest name', () => {
    expect(nearest('encoder/w', ['x', 'encodr/w', 'encoder/b2'])).to.equal('encodr/w');
    expect(nearest('encoder/w', ['something/else'])).to.equal(undefined);
  });
});

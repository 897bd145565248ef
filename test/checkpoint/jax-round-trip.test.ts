import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { loadSafetensors, saveSafetensors } from '../../src/checkpoint/index.js';
import { dispose, leavesWithPath, type Tree } from '../../src/tree/tree.js';
import { expectClose } from '../support/compare.js';
import { loadCheckpoint, loadData, model, recorded, train } from '../support/jax-round-trip.js';
import { tolerances } from '../support/tolerances.js';

describe('the round trip with Python Haiku', () => {
  it('brings a trained model over by the names of its parameters: it predicts what it predicted', () => {
    const data = loadData();
    const { params, state, optState } = loadCheckpoint(recorded('checkpoint'), data);
    const [logits, next] = model.apply(params, state, data.images, false);
    expectClose(logits, data.logits.dataSync() as Float32Array, tolerances.output);
    dispose([data, params, state, optState, logits, next]);
  });

  it('goes on training where Python stopped, optimizer and batch statistics included', () => {
    const data = loadData();
    const later = train(loadCheckpoint(recorded('checkpoint'), data), data, 3);
    const expected = loadCheckpoint(recorded('three-steps-later'), data);
    const values = new Map(
      leavesWithPath(expected as Tree<Tensor>).map(({ path, leaf }) => [path.join('/'), leaf]),
    );
    for (const { path, leaf } of leavesWithPath(later as Tree<Tensor>)) {
      const name = path.join('/');
      const golden = values.get(name)!.dataSync() as Float32Array;
      expectClose(leaf, golden, tolerances.gradient, name);
    }
    dispose([data, later, expected]);
  });

  it('goes back in the very bytes that Python writes', () => {
    const bytes = recorded('checkpoint');
    const data = loadData();
    const checkpoint = loadCheckpoint(bytes, data);
    expect(Buffer.from(saveSafetensors(checkpoint)).equals(Buffer.from(bytes))).to.equal(true);
    dispose([data, checkpoint]);
  });

  it('needs no template for a tree of parameters alone', () => {
    const data = loadData();
    const [params, state] = model.init(1, data.images, true);
    const loaded = loadSafetensors(saveSafetensors(params));
    const names = (tree: unknown): string[] =>
      leavesWithPath(tree as Tree<Tensor>).map(({ path }) => path.join(' '));
    expect(names(loaded)).to.deep.equal(names(params));
    dispose([data, params, state, loaded]);
  });
});

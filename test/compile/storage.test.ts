import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { rawOn } from '../../src/backend/wasm/heap.js';
import type { RawKernels } from '../../src/backend/wasm/exports.js';
import { layOut } from '../../src/compile/arena.js';
import { flatCallOf } from '../../src/compile/flat.js';
import { bytesOf, type BufferId, type Graph } from '../../src/compile/graph.js';
import { buffersFreedAfter } from '../../src/compile/liveness.js';
import { planStorage, type Storage } from '../../src/compile/storage.js';
import { groupFlatCalls, TILE } from '../../src/compile/tiles.js';
import { traceKernel } from '../../src/compile/trace.js';
import { fuseEpilogues } from '../../src/compile/passes/fuse-epilogues.js';
import { fuseResiduals } from '../../src/compile/passes/fuse-residuals.js';
import { recorded, type Trial } from './passes/run.js';

function stored(trial: Trial, ...passes: ((graph: Graph) => Graph)[]): { graph: Graph; storage: Storage } {
  const graph = passes.reduce((current, pass) => pass(current), recorded(trial));
  const kernels = rawOn(tf.backend()) as RawKernels;
  const traced = graph.nodes.map((node) => (node.kind === 'kernel' ? traceKernel(node, kernels) : undefined));
  const flat = traced.map((trace) => trace && flatCallOf(trace));
  return { graph, storage: planStorage({ graph, traced, flat, groups: groupFlatCalls(flat) }) };
}

/** The buffers that the kernels of a graph write, by name. */
function written({ nodes }: Graph, name: string): BufferId[] {
  return nodes.flatMap((node) =>
    node.kind === 'kernel' && node.name === name ? node.outputs.map(({ buffer }) => buffer) : [],
  );
}

describe('memory is laid out', () => {
  it('so that nothing overlaps what is needed at the same time, and no byte is out of the arena', () => {
    const lifetime = fc
      .tuple(fc.integer({ min: 1, max: 5000 }), fc.nat({ max: 20 }), fc.nat({ max: 6 }))
      .map(([bytes, first, length]) => ({ bytes, first, last: first + length }));
    fc.assert(
      fc.property(fc.array(lifetime, { maxLength: 40 }), (lives) => {
        const { offsets, bytes } = layOut(lives);
        lives.forEach((a, i) => {
          expect(offsets[i] % 64).to.equal(0);
          expect(offsets[i] + a.bytes).to.be.at.most(bytes);
          lives.forEach((b, j) => {
            const together = i < j && a.first <= b.last && b.first <= a.last;
            const apart = offsets[i] + a.bytes <= offsets[j] || offsets[j] + b.bytes <= offsets[i];
            expect(!together || apart, `${i} and ${j}`).to.equal(true);
          });
        });
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('again where what lay there is over', () => {
    const life = (bytes: number, first: number, last: number): Parameters<typeof layOut>[0][number] => ({
      bytes,
      first,
      last,
    });
    expect(layOut([life(640, 0, 1), life(640, 2, 3), life(64, 0, 3)])).to.deep.equal({
      offsets: [0, 0, 640],
      bytes: 704,
    });
    expect(layOut([])).to.deep.equal({ offsets: [], bytes: 0 });
  });
});

describe('buffers are free', () => {
  it('after their last reader, or at once when there is none; arguments, constants and results never', () => {
    const f = (x: tf.Tensor, c: tf.Tensor): tf.Tensor => {
      const a = tf.exp(x);
      const b = tf.mul(a, c);
      tf.tanh(b);
      return tf.add(a, b);
    };
    const graph = recorded({ f, shapes: [[3], [3]], constants: 1 });
    const [a, b, unread] = ['Exp', 'Multiply', 'Tanh'].map((name) => written(graph, name)[0]);
    expect(buffersFreedAfter(graph).map((freed) => freed.toSorted())).to.deep.equal([
      [],
      [],
      [unread],
      [a, b].sort(),
    ]);
  });
});

describe('storage of a plan', () => {
  it('writes results over operands that end there, one after the other', () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.sum(tf.tanh(tf.neg(tf.exp(x))));
    const { graph, storage } = stored({ f, shapes: [[100]] });
    const [exp, neg, tanh] = ['Exp', 'Neg', 'Tanh'].map((name) => written(graph, name)[0]);
    expect(storage.offsets.get(neg)).to.equal(storage.offsets.get(exp));
    expect(storage.offsets.get(tanh)).to.equal(storage.offsets.get(exp));
  });

  it('but not over an operand that is read again, an argument, or one of another size', () => {
    const f = (x: tf.Tensor): tf.Tensor => {
      const a = tf.exp(x);
      const b = tf.neg(a);
      return tf.sum(tf.add(tf.add(a, b), tf.sum(tf.reshape(b, [1, -1]), 0)));
    };
    const { graph, storage } = stored({ f, shapes: [[100]] });
    const [exp, neg] = ['Exp', 'Neg'].map((name) => written(graph, name)[0]);
    expect(storage.offsets.get(neg)).not.to.equal(storage.offsets.get(exp));
    for (const { buffer } of graph.inputs) expect(storage.offsets.has(buffer)).to.equal(false);
  });

  it('puts a product over the residual that it begins with, if nobody reads that any more', () => {
    const f = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => {
      const h = tf.tanh(x);
      const first = tf.add(tf.exp(h), tf.matMul(h as tf.Tensor2D, w as tf.Tensor2D));
      return tf.sum(tf.add(first, tf.matMul(first as tf.Tensor2D, w as tf.Tensor2D)));
    };
    const { graph, storage } = stored(
      {
        f,
        shapes: [
          [5, 5],
          [5, 5],
        ],
      },
      fuseEpilogues,
      fuseResiduals,
    );
    const [exp] = written(graph, 'Exp');
    const [first, second] = written(graph, '_FusedMatMul');
    expect(storage.offsets.get(first)).to.equal(storage.offsets.get(exp));
    // Its own operand: it reads that while it writes.
    expect(storage.offsets.get(second)).not.to.equal(storage.offsets.get(first));
  });

  it('gives what only a group reads the memory of one tile, and what others read all of it', () => {
    const n = 10 * TILE;
    const f = (x: tf.Tensor): tf.Tensor[] => {
      const a = tf.exp(x);
      const b = tf.neg(a);
      const c = tf.mul(b, 2);
      return [tf.cumsum(c), tf.sum(tf.tanh(b))];
    };
    const { graph, storage } = stored({ f, shapes: [[n]] });
    const [exp, neg, mul] = ['Exp', 'Neg', 'Multiply'].map((name) => written(graph, name)[0]);
    expect([exp, neg, mul].map((buffer) => storage.tiles.has(buffer))).to.deep.equal([true, false, false]);
    expect(storage.bytes).to.be.below(5 * 4 * n);
    expect(storage.bytes).to.be.at.least(2 * 4 * n);
  });

  it('keeps results out of the arena', () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.neg(tf.exp(x));
    const { graph, storage } = stored({ f, shapes: [[9]] });
    expect(storage.offsets.has(written(graph, 'Neg')[0])).to.equal(false);
    expect(storage.offsets.has(written(graph, 'Exp')[0])).to.equal(true);
    const [view] = graph.inputs;
    expect(storage.bytes).to.be.at.least(bytesOf(view));
  });
});

describe('groups of elementwise calls', () => {
  const call = (count: number): { count: number; countArgument: number; operands: [] } => ({
    count,
    countArgument: 1,
    operands: [],
  });

  it('are neighbours over equally many entries, of more than one tile', () => {
    const [long, other] = [call(2 * TILE), call(3 * TILE)];
    expect(groupFlatCalls([long, long, other, other, undefined, long, long, long])).to.deep.equal([
      0, 0, 1, 1, 2, 3, 3, 3,
    ]);
    expect(groupFlatCalls([call(TILE), call(TILE)])).to.deep.equal([0, 1]);
    expect(groupFlatCalls([])).to.deep.equal([]);
  });
});

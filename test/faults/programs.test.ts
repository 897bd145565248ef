import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { maybeCurrentFrame } from '../../src/module/frame.js';
import { stacksInForce } from '../../src/module/scoped-stack.js';
import * as hk from '../../src/index.js';
import { functionOf, Planned, programs, throwingAt, type Step } from './programs.js';

const runs = {
  numRuns: Number(process.env.RUNS ?? 150),
  seed: Number(process.env.SEED ?? 31),
  endOnFailure: false,
};

/** Names and values, to compare. */
function contents(tree: Record<string, Record<string, tf.Tensor>>): [string, number[]][] {
  return Object.entries(tree).flatMap(([module, entries]) =>
    Object.entries(entries).map(([name, tensor]): [string, number[]] => [
      `${module}/${name}`,
      [...tensor.dataSync()],
    ]),
  );
}

function withInput(f: (x: tf.Tensor) => void): void {
  const x = tf.tensor([0.25, -0.5]);
  f(x);
  x.dispose();
}

describe('random programs of names, parameters, state, keys and scopes', () => {
  it('make in init exactly what apply asks for, and do the same each time', () => {
    fc.assert(
      fc.property(programs, (steps: readonly Step[]) => {
        withInput((x) => {
          const model = hk.transformWithState(functionOf(steps));
          const [params, state] = model.init(11, x);
          const [again, stateAgain] = model.init(11, x);
          expect(contents(again)).to.deep.equal(contents(params));
          expect(contents(stateAgain)).to.deep.equal(contents(state));
          const key = hk.random.key(12);
          const [y, next] = model.apply(params, state, key, x);
          const [yAgain, nextAgain] = model.apply(params, state, key, x);
          expect([...yAgain.dataSync()]).to.deep.equal([...y.dataSync()]);
          expect(contents(nextAgain)).to.deep.equal(contents(next));
          expect(contents(next).map(([name]) => name)).to.deep.equal(contents(state).map(([name]) => name));
          hk.tree.dispose([params, state, again, stateAgain, y, next, yAgain, nextAgain]);
        });
      }),
      runs,
    );
  });

  it('know all their shapes without computing', () => {
    fc.assert(
      fc.property(programs, (steps: readonly Step[]) => {
        withInput((x) => {
          const model = hk.transformWithState(functionOf(steps));
          const made = model.init(11, x);
          const shapes = hk.evalShape(model.init, 11, x);
          const named = (
            tree: readonly Record<string, Record<string, { shape: readonly number[] }>>[],
          ): string[] =>
            tree.flatMap((part) =>
              Object.entries(part).flatMap(([module, entries]) =>
                Object.entries(entries).map(([name, { shape }]) => `${module}/${name} ${String(shape)}`),
              ),
            );
          expect(named(shapes as never)).to.deep.equal(named(made));
          hk.tree.dispose(made);
        });
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 3) },
    );
  });

  it('leave nothing behind, wherever they throw', () => {
    fc.assert(
      fc.property(programs, fc.nat(12), (steps: readonly Step[], place) => {
        const broken = throwingAt(steps, place);
        fc.pre(broken !== undefined);
        withInput((x) => {
          const sound = hk.transformWithState(functionOf(steps));
          const [params, state] = sound.init(11, x);
          const model = hk.transformWithState(functionOf(broken ?? []));
          const before = [tf.memory().numTensors, stacksInForce(), maybeCurrentFrame()];
          let thrown = 0;
          for (const run of [
            () => model.init(11, x),
            () => model.apply(params, state, hk.random.key(12), x),
          ]) {
            try {
              hk.tree.dispose(run() as hk.tree.Tree<tf.Tensor>);
            } catch (error) {
              if (!(error instanceof Planned)) throw error;
              thrown++;
            }
            expect([tf.memory().numTensors, stacksInForce(), maybeCurrentFrame()]).to.deep.equal(before);
          }
          // A branch that init runs and apply does not take may hold the step that throws.
          expect(thrown).to.be.within(1, 2);
          // What failed has changed nothing of what follows.
          const [again, stateAgain] = sound.init(11, x);
          expect(contents(again)).to.deep.equal(contents(params));
          hk.tree.dispose([params, state, again, stateAgain]);
        });
      }),
      runs,
    );
  });
});

import { getBackend, mean, memory, ones, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import {
  donate,
  grad,
  jit,
  nets,
  transform,
  tree,
  valueAndGrad,
  withoutApplyRng,
  type Params,
} from '../../src/index.js';
import { adam, applyUpdates } from '../../src/optim/index.js';
import { collect, expectFlat, sample, turn, type Sample } from '../support/soak.js';

const STEPS = 10_000;
const SAMPLES = 10;

const model = withoutApplyRng(transform((x: Tensor) => new nets.MLP([32, 32, 1]).call(x)));
const tx = adam(1e-3);

interface Carry {
  readonly params: Params;
  readonly state: ReturnType<typeof tx.init>;
}

function loss(params: Params, x: Tensor): Tensor {
  return mean(square(sub(model.apply(params, x), 1)));
}

function step({ params, state }: Carry, x: Tensor): [Carry, Tensor] {
  const [value, grads] = valueAndGrad(loss)(params, x);
  const [updates, next] = tx.update(grads, state, params);
  return [{ params: applyUpdates(params, updates), state: next }, value];
}

function start(x: Tensor): Carry {
  const params = model.init(1, x);
  return { params, state: tx.init(params) };
}

/** Calls `body` 10,000 times and takes a sample after each tenth of them, all garbage collected. */
async function repeat(body: (i: number) => void | Promise<void>): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let i = 1; i <= STEPS; i++) {
    await body(i);
    if (i % (STEPS / SAMPLES) === 0) samples.push(await sample());
  }
  return samples;
}

describe('10,000 times', () => {
  before(() => expect(getBackend()).to.equal('wasm'));

  for (const [name, run] of [
    ['a training step', donate(step)],
    ['a jitted training step', donate(jit(step))],
  ] as const) {
    it(`${name} that is donated leaves tensors, heap and process as they were`, async function () {
      this.timeout(300_000);
      const x = ones([16, 8]);
      let carry = start(x);
      const samples = await repeat(() => {
        const [next, value] = run(carry, x);
        value.dispose();
        carry = next;
      });
      expectFlat(samples);
      tree.dispose([carry, x]);
    });
  }

  it('apply leaves tensors, heap and process as they were', async function () {
    this.timeout(300_000);
    const x = ones([16, 8]);
    const params = model.init(1, x);
    const samples = await repeat(() => model.apply(params, x).dispose());
    expectFlat(samples);
    tree.dispose([params, x]);
  });

  it('a training step without one dispose runs at bounded memory', async function () {
    this.timeout(300_000);
    const before = memory().numTensors;
    let peak = 0;
    const peaks: number[] = [];
    const train = async (): Promise<Sample[]> => {
      const x = ones([16, 8]);
      let { params, state } = start(x);
      const samples: Sample[] = [];
      for (let i = 1; i <= STEPS; i++) {
        const grads = grad(loss)(params, x);
        const [updates, next] = tx.update(grads, state, params);
        state = next;
        params = applyUpdates(params, updates);
        peak = Math.max(peak, memory().numTensors);
        // As a progress display or the reading of a file would do.
        if (i % 10 === 0) await turn();
        if (i % (STEPS / SAMPLES) === 0) {
          // Nothing is collected for the sample: the finalizers' own work is what is looked at.
          samples.push(await sample({ collected: false }));
          peaks.push(peak);
          peak = 0;
        }
      }
      x.dispose();
      return samples;
    };
    const samples = await train();
    // Without finalizers they would be 310,000 in the end; they are kept to what tells the collector to begin, and a little.
    expect(Math.max(...peaks)).to.be.below(30_000);
    expectFlat(samples, { ofProcess: true });
    for (let i = 0; i < 100 && memory().numTensors > before; i++) await collect();
    expect(memory().numTensors).to.equal(before);
  });
});

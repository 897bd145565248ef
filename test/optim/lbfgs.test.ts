import { mul, square, sub, sum, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import * as optim from '../../src/optim/index.js';

/** Rosenbrock's valley. */
function valley({ x, y }: { x: Tensor; y: Tensor }): Tensor {
  return sum(sub(square(sub(1, x)), mul(-10, square(sub(y, square(x))))));
}

function lossAfter(steps: number, tx: optim.AnyGradientTransformation): number {
  const step = hk.donate((carry: { params: { x: Tensor; y: Tensor }; state: never }) => {
    const [loss, grads] = hk.valueAndGrad(valley)(carry.params);
    const [updates, state] = tx.update(grads, carry.state, carry.params);
    return [{ params: optim.applyUpdates(carry.params, updates), state: state as never }, loss] as const;
  });
  const params: { x: Tensor; y: Tensor } = { x: tensor1d([-0.5, 0.5]), y: tensor1d([0.5, -0.5]) };
  let carry = { params, state: tx.init(params) as never };
  let last = Infinity;
  for (let i = 0; i < steps; i++) {
    const [next, loss] = step(carry);
    [last] = loss.dataSync();
    carry = next;
    loss.dispose();
  }
  hk.tree.dispose(carry);
  return last;
}

describe('scaleByLbfgs', () => {
  it('goes down a valley in which gradients alone crawl', () => {
    const curved = optim.chain(optim.scaleByLbfgs({ memorySize: 4 }), optim.scaleByLearningRate(0.5));
    expect(lossAfter(50, curved)).to.be.below(1e-4);
    expect(lossAfter(50, optim.sgd(0.01))).to.be.above(1e-2);
  });

  it('refuses a memory of nothing, and updates without parameters', () => {
    expect(() => optim.scaleByLbfgs({ memorySize: 0 })).to.throw('memorySize must be');
    const tx = optim.scaleByLbfgs();
    const w = tensor1d([1]);
    const state = tx.init(w);
    expect(() => tx.update(w, state)).to.throw('scaleByLbfgs looks at the parameters');
    hk.tree.dispose([w, state]);
  });
});

describe('addNoise', () => {
  it('takes a key for a seed, and refuses what is no number', () => {
    const w = tensor1d([1, 2]);
    const noise = [3, 3n, hk.random.key(3)].map((key) => {
      const tx = optim.addNoise(0.1, 0.5, { key });
      const state = tx.init(w);
      const [noisy, next] = tx.update(w, state);
      const values = [...noisy.dataSync()];
      hk.tree.dispose([state, noisy, next]);
      return values;
    });
    expect(noise[1]).to.deep.equal(noise[0]);
    expect(noise[2]).to.deep.equal(noise[0]);
    expect(() => optim.addNoise(-1, 0.5)).to.throw('eta must be');
    expect(() => optim.addNoise(1, '0.5' as never)).to.throw('gamma must be');
    w.dispose();
  });
});

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { backend, clone, matMul, memory, ones, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { guard } from '../../src/backend/finalization.js';
import { getParameter, grad, jit, transform } from '../../src/index.js';
import { adam } from '../../src/optim/index.js';
import { dispose } from '../../src/tree/tree.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Collects until the number of tensors is what it was, for a second at most. */
async function expectFreed(before: number): Promise<void> {
  for (let i = 0; i < 100 && memory().numTensors > before; i++) {
    collect();
    await turn();
  }
  expect(memory().numTensors).to.equal(before);
}

const model = transform((x: Tensor) =>
  matMul(x, getParameter('w', [8, 8], { init: (shape) => ones(shape) })),
);

describe('dropped tensors', () => {
  it('are freed after garbage collection: of init, apply and update', async () => {
    const before = memory().numTensors;
    const tx = adam(0.1);
    const use = (): void => {
      const x = ones([1, 8]);
      const params = model.init(1, x);
      model.apply(params, null, x);
      tx.update(params, tx.init(params), params);
      x.dispose();
    };
    use();
    expect(memory().numTensors).to.be.greaterThan(before);
    await expectFreed(before);
  });

  it('of plans are freed with their function, whose own scope knows it too', async () => {
    const before = backend().numDataIds();
    const use = (): void => {
      const w = ones([8, 8]);
      const jitted = jit((x: Tensor) => matMul(x, w));
      // Shares the scope of the function above, so that who has that one has the jitted one.
      const gradient = grad((x: Tensor) => sum(jitted(x)));
      const x = ones([1, 8]);
      tidy(() => [jitted(x), gradient(x)]).forEach((tensor) => tensor.dispose());
      dispose([x, w]);
    };
    use();
    expect(backend().numDataIds()).to.be.greaterThan(before);
    for (let i = 0; i < 100 && backend().numDataIds() > before; i++) {
      collect();
      await turn();
    }
    expect(backend().numDataIds()).to.equal(before);
  });

  it('are not freed twice, in whatever way they were disposed of', async () => {
    const before = memory().numTensors;
    const kept = ones([4]);
    const use = (): void => {
      const first = clone(kept);
      guard(first);
      first.dispose();
      first.dispose();
      const second = clone(kept);
      guard(second);
      dispose({ second });
      tidy(() => {
        guard(clone(kept));
      });
    };
    use();
    await expectFreed(before + 1);
    expect([...kept.dataSync()]).to.deep.equal([1, 1, 1, 1]);
    kept.dispose();
  });

  it('are not freed while something else shares their values', async () => {
    const share = (): Tensor => {
      const original = ones([4]);
      guard(original);
      return clone(original);
    };
    const before = memory().numTensors;
    const copy = share();
    await expectFreed(before + 1);
    expect([...copy.dataSync()]).to.deep.equal([1, 1, 1, 1]);
    copy.dispose();
  });
});

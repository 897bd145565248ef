import { mean, square, sub, tensor2d, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from '../../src/index.js';
import { adam, applyUpdates } from '../../src/optim/index.js';
import { expectClose } from '../support/compare.js';

const model = hk.transform((x: Tensor2D) => {
  const hidden = hk.nn.relu(new hk.Linear(8).call(x));
  return new hk.Linear(1).call(hk.dropout(hk.nextRngKey(), 0.25, hidden)) as Tensor2D;
});

const transformation = adam(1e-2);
type Carry = [params: hk.Params, state: ReturnType<typeof transformation.init>];

function step([params, state]: Carry, key: hk.PRNGKey, x: Tensor2D, y: Tensor2D): [Carry, Tensor] {
  const loss = (p: hk.Params): Scalar => mean(square(sub(model.apply(p, key, x), y)));
  const [value, gradient] = hk.valueAndGrad(loss)(params);
  const [updates, next] = transformation.update(gradient, state, params);
  const out: [Carry, Tensor] = [[applyUpdates(params, updates), next], value];
  hk.tree.dispose([gradient, updates]);
  return out;
}

/** Losses of `count` steps by `run`. */
function losses(run: typeof step, count: number): Float32Array {
  const x = tensor2d(
    Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    [6, 4],
  );
  const y = tensor2d(
    Array.from({ length: 6 }, (_, i) => Math.cos(i)),
    [6, 1],
  );
  const params = model.init(42, x);
  let carry: Carry = [params, transformation.init(params)];
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const [next, loss] = run(carry, hk.random.key(i), x, y);
    values[i] = loss.dataSync()[0];
    hk.tree.dispose([carry, loss]);
    carry = next;
  }
  hk.tree.dispose([carry, x, y]);
  return values;
}

describe('a jitted training step', () => {
  it('trains as the function does, dropout included', () => {
    const jitted = hk.jit(step);
    expectClose(losses(jitted, 8), losses(step, 8), 1e-5);
    jitted.dispose();
  });
});

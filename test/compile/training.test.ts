import {
  add,
  mean,
  square,
  sub,
  tensor,
  tensor2d,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { adam, applyUpdates } from '../../src/optim/index.js';
import { expectClose } from '../support/compare.js';
import { values } from '../support/values.js';

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

type Core = hk.RNNCore;

/** Steps of training on sequences, of a core that is unrolled by `unroll`: losses and the parameters at the end. */
function recurrent(make: () => Core, unroll: typeof hk.dynamicUnroll, isJitted: boolean): Float32Array[] {
  const [steps, batch, inputs] = [6, 3, 5];
  const net = hk.transform((x: Tensor) => {
    const core = make();
    const [out, state] = unroll(core, x, core.initialState(batch));
    const ends: Tensor[] = hk.tree.leaves(state as never);
    return add(new hk.Linear(1).call(mean(out, 0)), mean(ends[ends.length - 1]));
  });
  const step = ([params, state]: Carry, x: Tensor, y: Tensor): [Carry, Tensor] => {
    const loss = (p: hk.Params): Scalar => mean(square(sub(net.apply(p, null, x), y)));
    const [value, gradient] = hk.valueAndGrad(loss)(params);
    const [updates, next] = transformation.update(gradient, state, params);
    return [[applyUpdates(params, updates), next], value];
  };
  const run = isJitted ? hk.jit(step) : step;
  return tidy(() => {
    const x = tensor(values(steps * batch * inputs, 3), [steps, batch, inputs]);
    const y = tensor(values(batch, 4), [batch, 1]);
    const params = net.init(42, x);
    let carry: Carry = [params, transformation.init(params)];
    const losses = Array.from({ length: 5 }, () => {
      const [next, loss] = run(carry, x, y);
      carry = next;
      return loss.dataSync()[0];
    });
    if (isJitted) (run as hk.Jitted<typeof step>).dispose();
    return [Float32Array.from(losses), ...hk.tree.leaves(carry[0]).map((p) => p.dataSync() as Float32Array)];
  });
}

describe('a jitted training step of a recurrent network', () => {
  const cores: Record<string, () => Core> = {
    LSTM: () => new hk.LSTM(7),
    GRU: () => new hk.GRU(7),
    'GRU with reset after': () => new hk.GRU(7, { resetAfter: true }),
    'LSTM on LSTM': () => hk.deepRnnWithSkipConnections([new hk.LSTM(7), new hk.LSTM(4)]) as Core,
  };
  for (const [name, make] of Object.entries(cores)) {
    for (const unroll of [hk.dynamicUnroll, hk.staticUnroll]) {
      it(`${name}, ${unroll.name}`, () => {
        const [jitted, eager] = [true, false].map((isJitted) => recurrent(make, unroll, isJitted));
        expect(jitted).to.have.length(eager.length);
        jitted.forEach((one, i) => expectClose(one, eager[i], 1e-5, `result ${i}`));
      });
    }
  }
});

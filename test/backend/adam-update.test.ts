import { scalar, sum, tensor1d, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { adamUpdate } from '../../src/backend/ops/adam-update.js';
import * as hk from '../../src/index.js';
import { expectClose } from '../support/compare.js';
import { values } from '../support/values.js';

describe('adamUpdate', () => {
  for (const nesterov of [false, true]) {
    for (const n of [1, 7, 1002]) {
      it(`is the same fused and composed, ${n} entries${nesterov ? ', Nesterov' : ''}`, () => {
        const attributes = { b1: 0.8, b2: 0.99, eps: 1e-3, epsRoot: 1e-4, nesterov, scale: -0.3 };
        const [g, mu] = [tensor1d(values(n, 1)), tensor1d(values(n, 2))];
        const nu = tensor1d(values(n, 3).map(Math.abs));
        const corrections = { mu: scalar(0.3), gradient: scalar(0.2), nu: scalar(0.05) };
        const fused = adamUpdate(g, mu, nu, corrections, attributes);
        // While a gradient is recorded nothing is fused.
        const [[loss, composed], gradient] = hk.valueAndGrad(
          (x: Tensor): [Scalar, Tensor[]] => {
            const all = adamUpdate(x, mu, nu, corrections, attributes);
            return [sum(all[0]), all];
          },
          { hasAux: true },
        )(g);
        fused.forEach((tensor, i) => {
          expectClose(tensor, composed[i].dataSync<'float32'>(), 1e-6);
        });
        expect(fused[0].dataSync()[0]).to.not.equal(0);
        hk.tree.dispose([g, mu, nu, corrections, fused, loss, composed, gradient]);
      });
    }
  }
});

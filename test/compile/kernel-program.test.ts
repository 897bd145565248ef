import {
  abs,
  add,
  atan,
  backend,
  gather,
  getBackend,
  memory,
  mul,
  setBackend,
  tensor1d,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect } from 'chai';
import { jit } from '../../src/compile/jit.js';
import { KernelProgram } from '../../src/compile/kernel-program.js';
import { record } from '../../src/compile/record.js';
import { dispose } from '../../src/tree/tree.js';
import { expectClose } from '../support/compare.js';

describe('a program of kernels', () => {
  it('leaves no values behind when one of them throws', () => {
    const x = tensor1d([1, 2, 3]);
    const [inside, outside] = [tensor1d([2, 0], 'int32'), tensor1d([0, 3], 'int32')];
    let program!: KernelProgram;
    tidy(() => {
      const { graph } = record(
        () => {
          const made = atan(mul(x, 2));
          return [add(made, 1), gather(made, inside)];
        },
        [x, inside],
        [],
      );
      program = new KernelProgram(graph);
    });
    const before = backend().numDataIds();
    expect(() => program.run([x, outside], [])).to.throw('gather: entry 1');
    expect(backend().numDataIds()).to.equal(before);
    const [sum, picked] = program.run([x, inside], []) as Tensor[];
    expectClose(picked, Float32Array.of(Math.atan(6), Math.atan(2)), 1e-6);
    dispose([sum, picked, x, inside, outside]);
    program.dispose();
  });

  it('takes over what a kernel of the CPU backend makes as a tensor', async () => {
    const before = getBackend();
    await setBackend('cpu');
    const x = tensor1d([1, -2]);
    const magnitudes = jit((values: Tensor) => mul(abs(values), 2));
    magnitudes(x).dispose();
    const [tensors, values] = [memory().numTensors, backend().numDataIds()];
    for (let i = 0; i < 3; i++) {
      const y = magnitudes(x);
      expect([...y.dataSync()]).to.deep.equal([2, 4]);
      y.dispose();
    }
    expect([memory().numTensors, backend().numDataIds()]).to.deep.equal([tensors, values]);
    magnitudes.dispose();
    x.dispose();
    await setBackend(before);
  });
});

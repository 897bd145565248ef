import { add, atan, backend, gather, mul, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
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
});

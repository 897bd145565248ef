import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { jit } from '../../src/compile/jit.js';
import { expectClose } from '../support/compare.js';
import { values } from '../support/values.js';
import { programs, runProgram, type Program } from './random-programs.js';

function inputsOf({ shapes }: Program, seed: number): tf.Tensor[] {
  return shapes.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(values(size, seed + 31 * i), [...shape]);
  });
}

function expectEqual(actual: readonly tf.Tensor[], expected: readonly tf.Tensor[], tolerance: number): void {
  expected.forEach((tensor, i) => {
    if (String(tensor.shape) !== String(actual[i].shape))
      throw new Error(
        `result ${i} has the shape [${String(actual[i].shape)}], not [${String(tensor.shape)}]`,
      );
    expectClose(actual[i], tensor.dataSync() as Float32Array, tolerance, `result ${i}`);
  });
}

/** Calls `check` with arguments of several seeds, some of them one tensor in two places. */
function onArguments(program: Program, check: (inputs: tf.Tensor[]) => void): void {
  for (const seed of [1, 2, 3, 4]) {
    tf.tidy(() => {
      const inputs = inputsOf(program, seed);
      if (seed === 3) {
        // One object in all places that it fits.
        for (const [i, tensor] of inputs.entries()) {
          const twin = inputs.findIndex(({ shape }) => String(shape) === String(tensor.shape));
          inputs[i] = inputs[twin];
        }
      }
      check(inputs);
      // The arguments are what they were: nothing is written over them.
      const fresh = inputsOf(program, seed);
      inputs.forEach((tensor, i) => {
        if (seed !== 3) expectClose(tensor, fresh[i].dataSync() as Float32Array, 0);
      });
    });
  }
}

type Loss = (...inputs: tf.Tensor[]) => tf.Scalar;

/** Of slopes between -1 and 1 that differ from entry to entry: gradients that cancel, or that saturate, would be all rounding. */
function lossOf(program: Program): Loss {
  return (...inputs) =>
    tf.addN(
      runProgram(program, inputs).map((y, i) => {
        const weights = tf.tensor(values(y.size, 40 + i), [...y.shape]);
        return tf.sum(tf.mul(weights, tf.sqrt(tf.add(tf.square(y), 1))));
      }),
    ) as tf.Scalar;
}

/** Of all inputs, those included that the program does not read. */
function gradients(f: Loss, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  const scaled = inputs.map((x) => tf.mul(x, 1));
  return tf.grads((...xs: tf.Tensor[]) => {
    const zero = tf.addN(xs.map((x) => tf.mul(tf.sum(x), 0)));
    return tf.add(f(...xs), zero) as tf.Scalar;
  })(scaled);
}

const runs = {
  numRuns: Number(process.env.RUNS ?? 50),
  seed: Number(process.env.SEED ?? 20_240),
  endOnFailure: false,
};

describe('random programs', () => {
  it('give as plans what they give as functions', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const f = (...inputs: tf.Tensor[]): tf.Tensor[] => runProgram(program, inputs);
        const jitted = jit(f);
        onArguments(program, (inputs) => expectEqual(jitted(...inputs), f(...inputs), 1e-5));
        jitted.dispose();
      }),
      runs,
    );
  });

  it('give the same with all but the first argument constant', () => {
    fc.assert(
      fc.property(programs, (program) => {
        tf.tidy(() => {
          const f = (...inputs: tf.Tensor[]): tf.Tensor[] => runProgram(program, inputs);
          const [, ...constants] = inputsOf(program, 9);
          const jitted = jit(f, { constants });
          for (const seed of [1, 2, 3]) {
            const inputs = [inputsOf(program, seed)[0], ...constants];
            expectEqual(jitted(...inputs), f(...inputs), 1e-5);
          }
          jitted.dispose();
        });
      }),
      runs,
    );
  });

  it('hold all that is fused', () => {
    const names = new Set<string>();
    const collect = (f: (...inputs: tf.Tensor[]) => tf.Tensor[], program: Program): void => {
      tf.tidy(() => {
        const jitted = jit(f);
        for (const [, name] of String(jitted.lower(...inputsOf(program, 1))).matchAll(/= ([\w.]+)\(/g))
          names.add(name);
        jitted.dispose();
      });
    };
    for (const program of fc.sample(programs, { numRuns: 300, seed: runs.seed })) {
      collect((...inputs) => runProgram(program, inputs), program);
      collect((...inputs) => gradients(lossOf(program), inputs), program);
    }
    expect([...names]).to.include.members([
      'FusedConv2D',
      'Softmax',
      'TankaGelu',
      'TankaGruAfterStep',
      'TankaGruGatesGradient',
      'TankaGruStep',
      'TankaLayerNorm',
      'TankaLogSoftmax',
      'TankaLstmCellGradient',
      'TankaLstmStep',
      'TankaProductOfRows',
      'TankaSilu',
      '_FusedMatMul',
    ]);
  });

  it('have the gradients of functions, recorded and taken of the plan', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const loss = lossOf(program);
        const recorded = jit((...inputs: tf.Tensor[]) => gradients(loss, inputs));
        const jitted = jit(loss);
        onArguments(program, (inputs) => {
          const expected = gradients(loss, inputs);
          expectEqual(recorded(...inputs), expected, 1e-4);
          expectEqual(gradients(jitted, inputs), expected, 1e-4);
        });
        recorded.dispose();
        jitted.dispose();
      }),
      { ...runs, numRuns: runs.numRuns / 2 },
    );
  });
});

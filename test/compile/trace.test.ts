import { backend } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { rawOn } from '../../src/backend/wasm/heap.js';
import type { RawKernels } from '../../src/backend/wasm/exports.js';
import type { KernelNode, View } from '../../src/compile/graph.js';
import { traceKernel } from '../../src/compile/trace.js';

const view = (buffer: number, shape: number[]): View => ({ buffer, shape, dtype: 'float32' });

function node(
  name: string,
  shapes: Record<string, number[]>,
  out: number[],
  attributes: object = {},
): KernelNode {
  const inputs = Object.fromEntries(Object.entries(shapes).map(([key, shape], i) => [key, view(i, shape)]));
  return { kind: 'kernel', name, inputs, attributes: { ...attributes }, outputs: [view(9, out)] };
}

describe('kernels are traced to raw calls', () => {
  const product = { transposeA: false, transposeB: false };
  const conv = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1 };
  const nodes = [
    node('BatchMatMul', { a: [4, 5], b: [5, 6] }, [4, 6], product),
    node('_FusedMatMul', { a: [1, 4, 5], b: [1, 5, 6], bias: [6] }, [1, 4, 6], {
      ...product,
      activation: 'relu',
    }),
    node('Conv2D', { x: [1, 8, 8, 3], filter: [3, 3, 3, 4] }, [1, 8, 8, 4], conv),
    node('Conv2DBackpropFilter', { x: [1, 8, 8, 3], dy: [1, 8, 8, 4] }, [3, 3, 3, 4], {
      ...conv,
      filterShape: [3, 3, 3, 4],
    }),
    node('Add', { a: [4, 5], b: [4, 5] }, [4, 5]),
    node('Multiply', { a: [4, 5], b: [5] }, [4, 5]),
    node('Tanh', { x: [7] }, [7]),
    node('Softmax', { logits: [2, 7] }, [2, 7], { dim: 1 }),
    node('Sum', { x: [2, 7] }, [2], { axis: [1], keepDims: false }),
  ];
  nodes.push(
    node('Neg', { x: [7] }, [7]),
    node('Relu', { x: [7] }, [7]),
    node('Slice', { x: [4, 5] }, [2, 3], { begin: [1, 1], size: [2, 3] }),
    node('Transpose', { x: [2, 3, 4] }, [4, 2, 3], { perm: [2, 0, 1] }),
    node('PadV2', { x: [2, 3] }, [4, 5], {
      paddings: [
        [1, 1],
        [2, 0],
      ],
      constantValue: -1,
    }),
    { ...node('Concat', { '0': [2, 3], '1': [2, 1] }, [2, 4], { axis: 1 }), isList: true },
    { ...node('Pack', { '0': [2, 3], '1': [2, 3] }, [2, 2, 3], { axis: 1 }), isList: true },
  );
  for (const one of nodes) {
    it(one.name, () => {
      const trace = traceKernel(one, rawOn(backend()) as RawKernels);
      expect(trace?.calls).to.be.an('array').that.is.not.empty;
      const written = trace?.outputs[0] ?? -1;
      const touches = trace?.calls.some((call) =>
        call.arguments.some((a) => typeof a === 'object' && a.place === written),
      );
      expect(touches, 'the output is among the addresses').to.equal(true);
    });
  }

  it('but not those of the stock backend', () => {
    expect(traceKernel(node('ArgMin', { x: [3] }, [], { axis: 0 }), rawOn(backend()) as RawKernels)).to.equal(
      undefined,
    );
  });
});

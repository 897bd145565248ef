import { expect } from 'chai';
import { isConsistent } from '../../src/compile/check-node.js';
import type { KernelNode, View } from '../../src/compile/graph.js';

const view = (shape: number[], dtype: View['dtype'] = 'float32'): View => ({ buffer: 0, shape, dtype });

function consistent(
  name: string,
  inputs: Record<string, View | View[]>,
  attributes: Record<string, unknown> = {},
): boolean {
  const node: KernelNode = { kind: 'kernel', name, inputs, attributes, outputs: [] };
  return isConsistent(node);
}

const image = view([1, 4, 4, 3]);

/** For each kernel inputs and attributes that go together, and changes that do not. */
const cases: Record<
  string,
  {
    good: [inputs: Record<string, View | View[]>, attributes?: Record<string, unknown>][];
    bad: [inputs: Record<string, View | View[]>, attributes?: Record<string, unknown>][];
  }
> = {
  Conv2D: {
    good: [
      [
        { x: image, filter: view([3, 3, 3, 8]) },
        { strides: [1, 1], pad: 'same', dilations: 1 },
      ],
    ],
    bad: [
      [{ x: image, filter: view([3, 3, 4, 8]) }],
      [{ x: view([4, 4, 3]), filter: view([3, 3, 3, 8]) }],
      [{ x: image, filter: view([3, 3, 3]) }],
      [{ x: image }],
      [{ x: image, filter: view([3, 3, 3, 8]) }, { strides: [0, 1] }],
      [{ x: image, filter: view([3, 3, 3, 8]) }, { dilations: 0 }],
      [{ x: image, filter: view([3, 3, 3, 8]) }, { pad: -1 }],
    ],
  },
  TankaLayerNorm: {
    good: [[{ x: view([2, 5]), scale: view([5]), offset: view([5]) }]],
    bad: [
      [{ x: view([2, 5]), scale: view([4]), offset: view([5]) }],
      [{ x: view([2, 5]), scale: view([5]), offset: view([2, 5]) }],
    ],
  },
  Concat: {
    good: [
      [{ '0': view([2, 3]), '1': view([2, 1]) }, { axis: 1 }],
      [{ '0': view([2, 3]), '1': view([2, 1]) }, { axis: -1 }],
    ],
    bad: [
      [{}, { axis: 0 }],
      [{ '0': view([2, 3]), '1': view([2, 1]) }, { axis: 0 }],
      [{ '0': view([2, 3]), '1': view([2]) }, { axis: 1 }],
      [{ '0': view([2, 3]), '1': view([2, 1], 'int32') }, { axis: 1 }],
      [{ '0': view([2, 3]), '1': view([2, 1]) }, { axis: -3 }],
      [{ '0': view([2, 3]), '1': view([2, 1]) }, { axis: 0.5 }],
    ],
  },
  Pack: {
    good: [[{ '0': view([2]), '1': view([2]) }, { axis: 0 }]],
    bad: [
      [{ '0': view([2]), '1': view([3]) }, { axis: 0 }],
      [{}, { axis: 0 }],
    ],
  },
  Slice: {
    good: [
      [{ x: view([4, 5]) }, { begin: [1, 2], size: [3, -1] }],
      [{ x: view([4]) }, { begin: 1, size: 2 }],
      [{ x: view([4]) }, { begin: [4], size: [0] }],
    ],
    bad: [
      [{ x: view([4, 5]) }, { begin: [1, 2], size: [4, 3] }],
      [{ x: view([4, 5]) }, { begin: [-1, 0], size: [1, 1] }],
      [{ x: view([4, 5]) }, { begin: [5, 0], size: [0, 1] }],
      [{ x: view([4, 5]) }, { begin: [0, 0, 0], size: [1, 1, 1] }],
      [{ x: view([4, 5]) }, { begin: [0, 0], size: [1, -2] }],
      [{ x: view([4, 5]) }, { begin: [0.5, 0], size: [1, 1] }],
      [{}, { begin: [0], size: [1] }],
    ],
  },
  PadV2: {
    good: [
      [
        { x: view([2, 3]) },
        {
          paddings: [
            [0, 1],
            [2, 0],
          ],
        },
      ],
    ],
    bad: [
      [{ x: view([2, 3]) }, { paddings: [[0, 1]] }],
      [
        { x: view([2, 3]) },
        {
          paddings: [
            [0, 1],
            [-1, 0],
          ],
        },
      ],
      [{ x: view([2, 3]) }, { paddings: [[0, 1], [1]] }],
      [{ x: view([2, 3]) }, { paddings: 1 }],
    ],
  },
  Transpose: {
    good: [[{ x: view([2, 3, 4]) }, { perm: [2, 0, 1] }]],
    bad: [
      [{ x: view([2, 3, 4]) }, { perm: [2, 0] }],
      [{ x: view([2, 3, 4]) }, { perm: [2, 0, 0] }],
      [{ x: view([2, 3, 4]) }, { perm: [3, 0, 1] }],
      [{ x: view([2, 3, 4]) }, { perm: [-1, 0, 1] }],
      [{}, { perm: [] }],
    ],
  },
  SplitV: {
    good: [
      [{ x: view([2, 6]) }, { numOrSizeSplits: 3, axis: 1 }],
      [{ x: view([2, 6]) }, { numOrSizeSplits: [1, 5], axis: -1 }],
    ],
    bad: [
      [{ x: view([2, 6]) }, { numOrSizeSplits: 4, axis: 1 }],
      [{ x: view([2, 6]) }, { numOrSizeSplits: [1, 6], axis: 1 }],
      [{ x: view([2, 6]) }, { numOrSizeSplits: [7, -1], axis: 1 }],
      [{ x: view([2, 6]) }, { numOrSizeSplits: 2, axis: 2 }],
    ],
  },
  Unpack: {
    good: [[{ value: view([2, 3]) }, { axis: -1 }]],
    bad: [
      [{ value: view([2, 3]) }, { axis: 2 }],
      [{}, { axis: 0 }],
    ],
  },
  StridedSlice: {
    good: [[{ x: view([4]) }, { begin: [3], end: [-5], strides: [-1] }]],
    bad: [[{ x: view([4]) }, { begin: [3], end: [1e9], strides: [1] }]],
  },
  Tile: {
    good: [[{ x: view([2]) }, { reps: [3] }]],
    bad: [
      [{ x: view([2]) }, { reps: [-1] }],
      [{ x: view([2]) }, { reps: [1e7] }],
      [{ x: view([2]) }, { reps: [{}] }],
    ],
  },
};

describe('a node of a file is consistent', () => {
  for (const [name, { good, bad }] of Object.entries(cases)) {
    it(name, () => {
      for (const [inputs, attributes] of good)
        expect(consistent(name, inputs, attributes), JSON.stringify({ inputs, attributes })).to.equal(true);
      for (const [inputs, attributes] of bad)
        expect(consistent(name, inputs, attributes), JSON.stringify({ inputs, attributes })).to.equal(false);
    });
  }

  it('where nothing is known of its kernel', () => {
    expect(consistent('Anything', { x: image }, { word: 'same', size: null })).to.equal(true);
    expect(consistent('Anything', { x: image }, { size: [[1e6]] })).to.equal(false);
  });
});

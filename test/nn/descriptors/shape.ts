import type { LayerDescriptor } from './descriptor.js';

/** Layers that change the shape alone. */
export const shapeDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'Reshape',
    batchAxis: 0,
    cases: [
      {
        id: 'reshape/no_more_than_preserved',
        run: (hk, [x]) => new hk.Reshape([2, 2], { preserveDims: 2 }).call(x),
        inputs: [{ shape: [3, 4] }],
      },
    ],
    refusals: [
      {
        what: 'sizes that do not fit',
        run: (hk, [x]) => new hk.Reshape([4, 2]).call(x),
        inputs: [{ shape: [3, 5] }],
        code: 'input-shape',
        says: ['[4, 2]'],
      },
      {
        what: 'sizes that are no multiple',
        run: (hk, [x]) => new hk.Reshape([4, -1]).call(x),
        inputs: [{ shape: [3, 5] }],
        code: 'input-shape',
        says: ['[4, -1]'],
      },
      {
        what: 'two open sizes',
        run: (hk, [x]) => new hk.Reshape([-1, -1]).call(x),
        inputs: [{ shape: [3, 4] }],
        code: 'layer-options',
        says: ['[-1, -1]'],
      },
      {
        what: 'preserveDims: 0',
        run: (hk, [x]) => new hk.Reshape([-1], { preserveDims: 0 }).call(x),
        inputs: [{ shape: [3, 4] }],
        code: 'layer-options',
        says: ['preserveDims'],
      },
    ],
  },
  {
    layer: 'Flatten',
    refusals: [
      {
        what: 'preserveDims: 0',
        run: (hk, [x]) => new hk.Flatten({ preserveDims: 0 }).call(x),
        inputs: [{ shape: [3, 4] }],
        code: 'layer-options',
      },
      {
        what: 'a number array',
        run: (hk) => new hk.Flatten().call([[1, 2]] as never),
        inputs: [],
        code: 'input-not-tensor',
      },
    ],
  },
];

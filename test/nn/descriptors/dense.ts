import type { LayerDescriptor } from './descriptor.js';

/** Linear layers, biases, and what chains them. */
export const denseDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'Linear',
    batchAxis: (id) => (id === 'linear/vector' ? null : 0),
    refusals: [
      {
        what: 'a scalar',
        run: (hk, [x]) => new hk.Linear(3).call(x),
        inputs: [{ shape: [] }],
        code: 'input-rank',
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.Linear(3).call(x),
        inputs: [{ shape: [4, 7], kind: 'int' }],
        code: 'input-dtype',
        says: ['int32'],
      },
      {
        what: 'another number of features than at init',
        run: (hk, [x]) => new hk.Linear(3).call(x),
        initInputs: [{ shape: [4, 7] }],
        inputs: [{ shape: [4, 6] }],
        code: 'parameter-shape',
        says: ['[7,3]', '[6,3]'],
      },
      {
        what: 'an array of numbers',
        run: (hk) => new hk.Linear(3).call([1, 2] as never),
        inputs: [],
        code: 'input-not-tensor',
      },
    ],
  },
  {
    layer: 'Bias',
    cases: [
      {
        id: 'bias/multiplier',
        run: (hk, [x]) => new hk.Bias({ bInit: hk.initializers.randomNormal() }).call(x, { multiplier: -2 }),
        inputs: [{ shape: [3, 2, 4] }],
      },
      {
        id: 'bias/tensor_multiplier',
        run: (hk, [x, m]) =>
          new hk.Bias({ biasDims: [-1], bInit: hk.initializers.randomNormal() }).call(x, { multiplier: m }),
        inputs: [{ shape: [3, 2, 4] }, { shape: [3, 1, 1] }],
      },
    ],
    refusals: [
      {
        what: 'a vector',
        run: (hk, [x]) => new hk.Bias().call(x),
        inputs: [{ shape: [4] }],
        code: 'input-rank',
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.Bias().call(x),
        inputs: [{ shape: [4, 3], kind: 'int' }],
        code: 'input-dtype',
      },
      {
        what: 'another shape than outputSize',
        run: (hk, [x]) => new hk.Bias({ outputSize: [3] }).call(x),
        inputs: [{ shape: [4, 5] }],
        code: 'input-shape',
        says: ['[batch, 3]'],
      },
      {
        what: 'a bias across the batch',
        run: (hk, [x]) => new hk.Bias({ biasDims: [0] }).call(x),
        inputs: [{ shape: [4, 5] }],
        code: 'layer-options',
        says: ['batch'],
      },
      {
        what: 'a dimension out of range',
        run: (hk, [x]) => new hk.Bias({ biasDims: [5] }).call(x),
        inputs: [{ shape: [4, 5] }],
        code: 'layer-options',
        says: ['5'],
      },
      {
        what: 'another number of features than at init',
        run: (hk, [x]) => new hk.Bias().call(x),
        initInputs: [{ shape: [4, 7] }],
        inputs: [{ shape: [4, 6] }],
        code: 'parameter-shape',
      },
    ],
  },
  {
    layer: 'Sequential',
    cases: [
      {
        id: 'sequential/first_takes_the_rest',
        run: (hk, [x]) =>
          new hk.Sequential([new hk.Dropout(0.5), hk.nn.relu, () => new hk.Linear(2).call(x)]).call(x, true),
        inputs: [{ shape: [4, 5] }],
        applySeed: 3,
      },
      {
        id: 'sequential/empty',
        run: (hk, [x]) => new hk.Sequential([]).call(x),
        inputs: [{ shape: [4, 5] }],
      },
    ],
    batchAxis: (id) => (id === 'sequential/first_takes_the_rest' ? null : 0),
    refusals: [
      {
        what: 'a layer that cannot be called',
        run: (hk, [x]) => new hk.Sequential([{} as never]).call(x),
        inputs: [{ shape: [4, 5] }],
        code: 'layer-options',
        says: ['layer 0'],
      },
    ],
  },
  {
    layer: 'Dropout',
    batchAxis: (id) => (id === 'dropout/training' || id === 'dropout/broadcast' ? null : 0),
    cases: [
      {
        id: 'dropout/training',
        run: (hk, [x]) => new hk.Dropout(0.4).call(x, true),
        inputs: [{ shape: [6, 5] }],
        applySeed: 1,
      },
      {
        id: 'dropout/broadcast',
        run: (hk, [x]) => new hk.Dropout(0.4, { broadcastDims: [0] }).call(x, true),
        inputs: [{ shape: [6, 5] }],
        applySeed: 1,
      },
      {
        id: 'dropout/inference',
        run: (hk, [x]) => new hk.Dropout(0.4).call(x, false),
        inputs: [{ shape: [6, 5] }],
      },
    ],
    refusals: [
      {
        what: 'a rate of 1',
        run: (hk, [x]) => new hk.Dropout(1).call(x, true),
        inputs: [{ shape: [3] }],
        code: 'layer-options',
        says: ['1'],
      },
      {
        what: 'a dimension out of range',
        run: (hk, [x]) => new hk.Dropout(0.5, { broadcastDims: [2] }).call(x, true),
        inputs: [{ shape: [3, 4] }],
        code: 'call-options',
        says: ['[3, 4]', '2'],
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.Dropout(0.5).call(x, true),
        inputs: [{ shape: [3], kind: 'int' }],
        code: 'input-dtype',
      },
    ],
  },
];

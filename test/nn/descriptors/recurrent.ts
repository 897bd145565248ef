import type { Tensor } from '@tensorflow/tfjs-core';
import type { HandCase, LayerDescriptor, Library, Refusal } from './descriptor.js';

type AnyCore = InstanceType<Library['VanillaRNN']>;

/** The outputs of an unroll over inputs `[time, batch, ...]` and a state as the batch needs it. */
function outputs(hk: Library, core: unknown, x: Tensor, options: object = {}): unknown {
  const any = core as AnyCore;
  return hk.staticUnroll(any, x, any.initialState(x.shape[1] ?? null), options)[0];
}

/** Handwritten cases have their batch on axis 1; the goldens return states beside the outputs. */
const batchAxis = (id: string): number | null => (id.endsWith('/batch') ? 1 : null);

function batchCase(id: string, make: (hk: Library) => unknown, shape: number[] = [4, 3, 5]): HandCase {
  return { id: `${id}/batch`, run: (hk, [x]) => outputs(hk, make(hk), x), inputs: [{ shape }] };
}

/** What every core of vectors refuses. */
function vectorRefusals(make: (hk: Library) => unknown): Refusal[] {
  const step = (hk: Library, x: Tensor, state: Tensor) => {
    const core = make(hk) as AnyCore;
    return core.call(x, core instanceof hk.LSTM ? ({ hidden: state, cell: state } as never) : state);
  };
  return [
    {
      what: 'sequences instead of one step',
      run: (hk, [x, state]) => step(hk, x, state),
      inputs: [{ shape: [4, 2, 5] }, { shape: [2, 3] }],
      code: 'input-rank',
    },
    {
      what: 'integers',
      run: (hk, [x, state]) => step(hk, x, state),
      inputs: [{ shape: [2, 5], kind: 'int' }, { shape: [2, 3] }],
      code: 'input-dtype',
    },
    {
      what: 'the state of another batch size',
      run: (hk, [x, state]) => step(hk, x, state),
      inputs: [{ shape: [2, 5] }, { shape: [4, 3] }],
      code: 'input-shape',
      says: ['[2, 3]', 'initialState(2)'],
    },
    {
      what: 'another number of features than at init',
      run: (hk, [x, state]) => step(hk, x, state),
      initInputs: [{ shape: [2, 6] }, { shape: [2, 3] }],
      inputs: [{ shape: [2, 5] }, { shape: [2, 3] }],
      code: 'parameter-shape',
    },
  ];
}

function convRefusals(make: (hk: Library) => AnyCore | object, x: number[], state: number[]): Refusal[] {
  type ConvCore = InstanceType<Library['Conv2DLSTM']>;
  const step = (hk: Library, inputs: Tensor, s: Tensor) =>
    (make(hk) as ConvCore).call(inputs, { hidden: s, cell: s });
  return [
    {
      what: 'another spatial shape',
      run: (hk, [inputs, s]) => step(hk, inputs, s),
      inputs: [{ shape: x.with(1, x[1] + 1) }, { shape: state }],
      code: 'input-shape',
    },
    {
      what: 'the state of another batch size',
      run: (hk, [inputs, s]) => step(hk, inputs, s),
      inputs: [{ shape: x }, { shape: state.with(0, 3) }],
      code: 'input-shape',
      says: ['state'],
    },
    {
      what: 'inputs of another rank',
      run: (hk, [inputs, s]) => step(hk, inputs, s),
      inputs: [{ shape: [3] }, { shape: state }],
      code: 'input-rank',
    },
    {
      what: 'integers',
      run: (hk, [inputs, s]) => step(hk, inputs, s),
      inputs: [{ shape: x, kind: 'int' }, { shape: state }],
      code: 'input-dtype',
    },
  ];
}

const conv1D = (hk: Library) => new hk.Conv1DLSTM({ inputShape: [6], outputChannels: 2, kernelShape: 3 });
const conv2D = (hk: Library) =>
  new hk.Conv2DLSTM({ inputShape: [4, 3], outputChannels: 2, kernelShape: [3, 2] });
const conv3D = (hk: Library) =>
  new hk.Conv3DLSTM({ inputShape: [3, 2, 4], outputChannels: 2, kernelShape: 2 });

/** Recurrent cores. */
export const recurrentDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'VanillaRNN',
    batchAxis,
    cases: [batchCase('vanilla_rnn', (hk) => new hk.VanillaRNN(3))],
    refusals: vectorRefusals((hk) => new hk.VanillaRNN(3)),
  },
  {
    layer: 'LSTM',
    batchAxis,
    cases: [
      batchCase('lstm', (hk) => new hk.LSTM(3)),
      {
        id: 'lstm/sequence_lengths',
        run: (hk, [x, lengths]) => {
          const core = new hk.LSTM(3);
          return hk.dynamicUnroll(core, x, core.initialState(3), { sequenceLengths: lengths });
        },
        inputs: [{ shape: [4, 3, 5] }, { shape: [3], kind: 'int', high: 5 }],
      },
      {
        id: 'lstm/bidirectional',
        run: (hk, [x, lengths]) => {
          const cores = [new hk.LSTM(3), new hk.LSTM(2)] as const;
          const states = [cores[0].initialState(3), cores[1].initialState(3)] as const;
          return hk.bidirectionalUnroll(...cores, x, states, { sequenceLengths: lengths });
        },
        inputs: [{ shape: [4, 3, 5] }, { shape: [3], kind: 'int', high: 5 }],
      },
    ],
    refusals: vectorRefusals((hk) => new hk.LSTM(3)),
  },
  {
    layer: 'GRU',
    batchAxis,
    cases: [
      batchCase('gru', (hk) => new hk.GRU(3)),
      batchCase(
        'gru/reset_after',
        (hk) => new hk.GRU(3, { resetAfter: true, bInit: hk.initializers.randomNormal() }),
      ),
    ],
    refusals: vectorRefusals((hk) => new hk.GRU(3)),
  },
  {
    layer: 'Conv1DLSTM',
    batchAxis,
    cases: [batchCase('conv1_dlstm', conv1D, [2, 2, 6, 3])],
    refusals: convRefusals(conv1D, [2, 6, 3], [2, 6, 2]),
  },
  {
    layer: 'Conv2DLSTM',
    batchAxis,
    cases: [batchCase('conv2_dlstm', conv2D, [2, 2, 4, 3, 3])],
    refusals: convRefusals(conv2D, [2, 4, 3, 3], [2, 4, 3, 2]),
  },
  {
    layer: 'Conv3DLSTM',
    batchAxis,
    cases: [
      batchCase('conv3_dlstm', conv3D, [2, 2, 3, 2, 4, 2]),
      {
        id: 'conv3_dlstm/unbatched',
        run: (hk, [x]) => {
          const core = conv3D(hk);
          return core.call(x, core.initialState(null));
        },
        inputs: [{ shape: [3, 2, 4, 2] }],
      },
    ],
    refusals: convRefusals(conv3D, [2, 3, 2, 4, 2], [2, 3, 2, 4, 2]),
  },
  {
    layer: 'IdentityCore',
    batchAxis,
    cases: [batchCase('identity_core', (hk) => new hk.IdentityCore())],
    refusals: [],
  },
  {
    layer: 'ResetCore',
    batchAxis: null,
    cases: [
      {
        id: 'reset_core/nested_signal',
        run: (hk, [x, hidden, cell]) => {
          const core = new hk.ResetCore(new hk.LSTM(3));
          const ones = hk.tree.map((s: Tensor) => s, core.initialState(2));
          return core.call([x, { hidden, cell }], ones);
        },
        inputs: [{ shape: [2, 5] }, { shape: [2], kind: 'bool' }, { shape: [2, 3], kind: 'bool' }],
      },
    ],
    refusals: [
      {
        what: 'a signal that does not fit the state',
        run: (hk, [x, reset]) => {
          const core = new hk.ResetCore(new hk.LSTM(3));
          return core.call([x, reset], core.initialState(2));
        },
        inputs: [{ shape: [2, 5] }, { shape: [3], kind: 'bool' }],
        code: 'input-shape',
        says: ['shouldReset', '[2, 3]'],
      },
    ],
  },
  {
    layer: 'DeepRNN',
    batchAxis,
    cases: [
      batchCase(
        'deep_rnn',
        (hk) => new hk.DeepRNN([new hk.LSTM(3), hk.nn.relu, new hk.Linear(2), new hk.GRU(3)]),
      ),
      batchCase('deep_rnn_skip', (hk) => hk.deepRnnWithSkipConnections([new hk.GRU(3), new hk.GRU(2)])),
    ],
    refusals: [
      {
        what: 'a layer that cannot be called',
        run: (hk) => new hk.DeepRNN([new hk.LSTM(2), 3 as never]),
        inputs: [],
        code: 'layer-options',
        says: ['layer 1'],
      },
      {
        what: 'skip connections around a function',
        run: (hk) => hk.deepRnnWithSkipConnections([new hk.LSTM(2), hk.nn.relu as never]),
        inputs: [],
        code: 'layer-options',
        says: ['layer 1', 'DeepRNN'],
      },
    ],
  },
];

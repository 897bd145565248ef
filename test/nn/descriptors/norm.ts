import type { LayerDescriptor, Refusal } from './descriptor.js';

const scalarInit = (value: number) => (hk: Parameters<Refusal['run']>[0]) => hk.initializers.constant(value);

function normRefusals(layer: 'LayerNorm' | 'InstanceNorm', options: object): Refusal[] {
  const made = { ...options, createScale: true, createOffset: true };
  const none = { ...options, createScale: false, createOffset: false };
  return [
    {
      what: 'a scale beside its parameter',
      run: (hk, [x]) => new hk[layer](made as never).call(x, { scale: x }),
      inputs: [{ shape: [2, 3, 4] }],
      code: 'call-options',
      says: ['scale'],
    },
    {
      what: 'an offset beside its parameter',
      run: (hk, [x]) => new hk[layer](made as never).call(x, { offset: x }),
      inputs: [{ shape: [2, 3, 4] }],
      code: 'call-options',
      says: ['offset'],
    },
    {
      what: 'an initializer of a scale that it does not make',
      run: (hk, [x]) => new hk[layer]({ ...none, scaleInit: scalarInit(2)(hk) } as never).call(x),
      inputs: [{ shape: [2, 3, 4] }],
      code: 'layer-options',
      says: ['scaleInit'],
    },
    {
      what: 'an initializer of an offset that it does not make',
      run: (hk, [x]) => new hk[layer]({ ...none, offsetInit: scalarInit(2)(hk) } as never).call(x),
      inputs: [{ shape: [2, 3, 4] }],
      code: 'layer-options',
      says: ['offsetInit'],
    },
    {
      what: 'a scalar',
      run: (hk, [x]) => new hk[layer](made as never).call(x),
      inputs: [{ shape: [] }],
      code: 'input-rank',
    },
    {
      what: 'integers',
      run: (hk, [x]) => new hk[layer](made as never).call(x),
      inputs: [{ shape: [2, 3, 4], kind: 'int' }],
      code: 'input-dtype',
    },
    {
      what: 'another number of channels than at init',
      run: (hk, [x]) => new hk[layer](made as never).call(x),
      initInputs: [{ shape: [2, 3, 4] }],
      inputs: [{ shape: [2, 3, 5] }],
      code: 'parameter-shape',
    },
  ];
}

/** The stepped slice takes the batch in. */
const acrossBatch = (id: string): number | null => (id.endsWith('stepped') ? null : 0);

/** Normalizations. */
export const normDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'BatchNorm',
    batchAxis: (id) => (id === 'batch_norm/train_False' ? 0 : null),
    stateFromData: /\/average$/,
    cases: [
      {
        id: 'batch_norm/scale_and_offset_at_call',
        run: (hk, [x, scale, offset]) =>
          new hk.BatchNorm({ createScale: false, createOffset: false, decayRate: 0.9 }).call(x, true, {
            scale,
            offset,
          }),
        inputs: [{ shape: [4, 3, 2] }, { shape: [2] }, { shape: [4, 1, 2] }],
      },
      {
        id: 'batch_norm/axis',
        run: (hk, [x]) =>
          new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.5, axis: [0, 2] }).call(
            x,
            true,
          ),
        inputs: [{ shape: [4, 3, 2] }],
      },
    ],
    refusals: [
      {
        what: 'evaluation before any training',
        run: (hk, [x]) =>
          new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, false),
        inputs: [{ shape: [4, 3] }],
        code: 'state-missing',
        says: ['average', 'batch_norm/~/mean_ema'],
      },
      {
        what: 'a scale beside its parameter',
        run: (hk, [x]) =>
          new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, true, {
            scale: x,
          }),
        inputs: [{ shape: [4, 3] }],
        code: 'call-options',
        says: ['scale'],
      },
      {
        what: 'an offset beside its parameter',
        run: (hk, [x]) =>
          new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, true, {
            offset: x,
          }),
        inputs: [{ shape: [4, 3] }],
        code: 'call-options',
        says: ['offset'],
      },
      {
        what: 'an initializer of a scale that it does not make',
        run: (hk, [x]) =>
          new hk.BatchNorm({
            createScale: false,
            createOffset: true,
            decayRate: 0.9,
            scaleInit: hk.initializers.constant(2),
          }).call(x, true),
        inputs: [{ shape: [4, 3] }],
        code: 'layer-options',
        says: ['scaleInit'],
      },
      {
        what: 'an axis that is no integer',
        run: (hk, [x]) =>
          new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9, axis: [0.5] }).call(
            x,
            true,
          ),
        inputs: [{ shape: [4, 3] }],
        code: 'layer-options',
        says: ['0.5'],
      },
      {
        what: 'a slice of axes',
        run: (hk, [x]) =>
          new hk.BatchNorm({
            createScale: true,
            createOffset: true,
            decayRate: 0.9,
            axis: { start: 0, stop: -1 } as never,
          }).call(x, true),
        inputs: [{ shape: [4, 3] }],
        code: 'layer-options',
        says: ['stop'],
      },
      {
        what: 'an axis twice',
        run: (hk, [x]) =>
          new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9, axis: [0, -2] }).call(
            x,
            true,
          ),
        inputs: [{ shape: [4, 3] }],
        code: 'input-shape',
        says: ['[0, -2]'],
      },
      {
        what: 'a vector with channels first',
        run: (hk, [x]) =>
          new hk.BatchNorm({
            createScale: true,
            createOffset: true,
            decayRate: 0.9,
            dataFormat: 'channels_first',
          }).call(x, true),
        inputs: [{ shape: [4] }],
        code: 'input-rank',
      },
      {
        what: 'integers',
        run: (hk, [x]) =>
          new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, true),
        inputs: [{ shape: [4, 3], kind: 'int' }],
        code: 'input-dtype',
      },
    ],
  },
  {
    layer: 'LayerNorm',
    batchAxis: acrossBatch,
    cases: [
      {
        id: 'layer_norm/param_axis',
        run: (hk, [x]) =>
          new hk.LayerNorm({
            axis: [1, -1],
            createScale: true,
            createOffset: true,
            paramAxis: [1, 2],
            scaleInit: hk.initializers.randomNormal(),
          }).call(x),
        inputs: [{ shape: [3, 4, 2, 5] }],
      },
      {
        id: 'layer_norm/scale_and_offset_at_call',
        run: (hk, [x, scale, offset]) =>
          new hk.LayerNorm({ axis: -1, createScale: false, createOffset: false }).call(x, { scale, offset }),
        inputs: [{ shape: [3, 4, 5] }, { shape: [3, 1, 5] }, { shape: [3, 1, 1] }],
      },
    ],
    refusals: [
      ...normRefusals('LayerNorm', { axis: -1 }),
      {
        what: 'a word for an axis',
        run: (hk, [x]) =>
          new hk.LayerNorm({ axis: 'a' as never, createScale: true, createOffset: true }).call(x),
        inputs: [{ shape: [2, 3] }],
        code: 'layer-options',
        says: ['"a"'],
      },
    ],
  },
  {
    layer: 'InstanceNorm',
    refusals: normRefusals('InstanceNorm', {}),
  },
  {
    layer: 'GroupNorm',
    cases: [
      {
        id: 'group_norm/axis',
        run: (hk, [x]) =>
          new hk.GroupNorm(2, { axis: { start: 2 }, scaleInit: hk.initializers.randomNormal() }).call(x),
        inputs: [{ shape: [3, 4, 2, 6] }],
      },
      {
        id: 'group_norm/scale_at_call',
        run: (hk, [x, scale]) =>
          new hk.GroupNorm(2, { createScale: false, createOffset: false }).call(x, { scale }),
        inputs: [{ shape: [3, 4, 6] }, { shape: [3, 4, 1] }],
      },
    ],
    refusals: [
      {
        what: 'channels that do not divide into the groups',
        run: (hk, [x]) => new hk.GroupNorm(3).call(x),
        inputs: [{ shape: [2, 5, 4] }],
        code: 'input-shape',
        says: ['3 groups'],
      },
      {
        what: 'another rank than in its first call',
        run: (hk, [x, y]) => {
          const norm = new hk.GroupNorm(2);
          norm.call(x);
          return norm.call(y);
        },
        inputs: [{ shape: [2, 5, 4] }, { shape: [2, 5, 5, 4] }],
        code: 'input-rank',
        says: ['first call'],
      },
      {
        what: 'a scale beside its parameter',
        run: (hk, [x]) => new hk.GroupNorm(2).call(x, { scale: x }),
        inputs: [{ shape: [2, 5, 4] }],
        code: 'call-options',
        says: ['scale'],
      },
      {
        what: 'an initializer of an offset that it does not make',
        run: (hk, [x]) =>
          new hk.GroupNorm(2, { createOffset: false, offsetInit: hk.initializers.constant(1) }).call(x),
        inputs: [{ shape: [2, 5, 4] }],
        code: 'layer-options',
        says: ['offsetInit'],
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.GroupNorm(2).call(x),
        inputs: [{ shape: [2, 5, 4], kind: 'int' }],
        code: 'input-dtype',
      },
    ],
  },
  {
    layer: 'RMSNorm',
    batchAxis: acrossBatch,
    cases: [
      {
        id: 'rms_norm/param_axis',
        run: (hk, [x]) =>
          new hk.RMSNorm({
            axis: { start: 1 },
            paramAxis: { stop: 0, step: -1 },
            scaleInit: hk.initializers.randomNormal(),
          }).call(x),
        inputs: [{ shape: [3, 4, 2] }],
      },
      {
        id: 'rms_norm/no_scale',
        run: (hk, [x]) => new hk.RMSNorm({ axis: -1, createScale: false }).call(x),
        inputs: [{ shape: [3, 4] }],
      },
    ],
    refusals: [
      {
        what: 'a scalar',
        run: (hk, [x]) => new hk.RMSNorm({ axis: -1 }).call(x),
        inputs: [{ shape: [] }],
        code: 'input-rank',
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.RMSNorm({ axis: -1 }).call(x),
        inputs: [{ shape: [2, 3], kind: 'int' }],
        code: 'input-dtype',
      },
      {
        what: 'an initializer of a scale that it does not make',
        run: (hk, [x]) =>
          new hk.RMSNorm({ axis: -1, createScale: false, scaleInit: hk.initializers.constant(1) }).call(x),
        inputs: [{ shape: [2, 3] }],
        code: 'layer-options',
        says: ['scaleInit'],
      },
    ],
  },
  {
    layer: 'ExponentialMovingAverage',
    batchAxis: null,
    stateFromData: /\/average$/,
    refusals: [
      {
        what: 'a negative warm-up',
        run: (hk, [x]) => new hk.ExponentialMovingAverage(0.9, { warmupLength: -1 }).call(x),
        inputs: [{ shape: [3] }],
        code: 'layer-options',
        says: ['-1'],
      },
      {
        what: 'a warm-up with debiasing',
        run: (hk, [x]) => new hk.ExponentialMovingAverage(0.9, { warmupLength: 2 }).call(x),
        inputs: [{ shape: [3] }],
        code: 'layer-options',
        says: ['zeroDebias'],
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.ExponentialMovingAverage(0.9).call(x),
        inputs: [{ shape: [3], kind: 'int' }],
        code: 'input-dtype',
      },
    ],
  },
];

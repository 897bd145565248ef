import type { LayerDescriptor, Refusal } from './descriptor.js';

function poolRefusals(layer: 'AvgPool' | 'MaxPool'): Refusal[] {
  return [
    {
      what: 'an unknown padding',
      run: (hk, [x]) => new hk[layer](2, 2, 'same' as never).call(x),
      inputs: [{ shape: [2, 5, 5, 2] }],
      code: 'layer-options',
      says: ["'same'"],
    },
    {
      what: 'a channel axis out of range',
      run: (hk, [x]) => new hk[layer](2, 2, 'SAME', { channelAxis: 5 }).call(x),
      inputs: [{ shape: [2, 5, 5, 2] }],
      code: 'input-shape',
      says: ['channel axis 5'],
    },
    {
      what: 'a window of more dimensions than the input',
      run: (hk, [x]) => new hk[layer]([1, 2, 2, 1], 1, 'SAME').call(x),
      inputs: [{ shape: [5, 5, 2] }],
      code: 'input-shape',
      says: ['rank 4'],
    },
    {
      what: 'an array of numbers',
      run: (hk) => new hk[layer](2, 2, 'SAME').call([1, 2] as never),
      inputs: [],
      code: 'input-not-tensor',
    },
  ];
}

/** Pools. */
export const poolDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'AvgPool',
    cases: [
      {
        id: 'avg_pool/no_channels',
        run: (hk, [x]) => new hk.AvgPool(3, 2, 'SAME', { channelAxis: null }).call(x),
        inputs: [{ shape: [2, 5, 4, 6] }],
      },
    ],
    refusals: poolRefusals('AvgPool'),
  },
  {
    layer: 'MaxPool',
    cases: [
      {
        id: 'max_pool/integers',
        run: (hk, [x]) => new hk.MaxPool(2, 2, 'SAME').call(x),
        inputs: [{ shape: [2, 5, 4, 3], kind: 'int', high: 1000 }],
        differentiable: false,
      },
    ],
    refusals: poolRefusals('MaxPool'),
  },
];

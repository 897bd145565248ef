import type { LayerDescriptor } from './descriptor.js';

export const mlpDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'MLP',
    cases: [
      {
        id: 'mlp/dropout',
        run: (hk, [x]) => new hk.nets.MLP([6, 4, 3]).call(x, { dropoutRate: 0.3, rng: hk.random.key(5) }),
        inputs: [{ shape: [4, 5] }],
      },
      {
        id: 'mlp/reverse',
        run: (hk, [x]) => {
          const mlp = new hk.nets.MLP([6, 4, 3]);
          const y = mlp.call(x);
          return mlp.reverse().call(y);
        },
        inputs: [{ shape: [4, 5] }],
      },
      { id: 'mlp/empty', run: (hk, [x]) => new hk.nets.MLP([]).call(x), inputs: [{ shape: [4, 5] }] },
    ],
    batchAxis: (id) => (id === 'mlp/dropout' ? null : 0),
    refusals: [
      {
        what: 'a scalar',
        run: (hk, [x]) => new hk.nets.MLP([3]).call(x),
        inputs: [{ shape: [] }],
        code: 'input-rank',
      },
      {
        what: 'bInit without bias',
        run: (hk, [x]) =>
          new hk.nets.MLP([3], { withBias: false, bInit: hk.initializers.constant(1) }).call(x),
        inputs: [{ shape: [4, 5] }],
        code: 'layer-options',
        says: ['bInit'],
      },
      {
        what: 'a rate without rng',
        run: (hk, [x]) => new hk.nets.MLP([3]).call(x, { dropoutRate: 0.5 }),
        inputs: [{ shape: [4, 5] }],
        code: 'call-options',
      },
      {
        what: 'an rng without rate',
        run: (hk, [x]) => new hk.nets.MLP([3]).call(x, { rng: hk.random.key(0) }),
        inputs: [{ shape: [4, 5] }],
        code: 'call-options',
      },
      {
        what: 'reverse before call',
        run: (hk) => new hk.nets.MLP([3]).reverse(),
        inputs: [],
        code: 'layer-not-called',
      },
    ],
  },
];

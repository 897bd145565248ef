import type { LayerDescriptor } from './descriptor.js';

/** Layers that normalize weights, and those that walk over trees of parameters. */
export const spectralDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'SpectralNorm',
    batchAxis: null,
    stateFromData: /\/sigma$/,
    cases: [
      {
        id: 'spectral_norm/three_axes',
        run: (hk, [x]) => new hk.SpectralNorm().call(x),
        inputs: [{ shape: [3, 2, 4] }],
      },
      {
        id: 'spectral_norm/converged',
        run: (hk, [x]) => new hk.SpectralNorm({ nSteps: 40, eps: 1e-12 }).call(x),
        inputs: [{ shape: [5, 3] }],
      },
    ],
    // The vectors of the power iteration depend on the value, but count as constants. Only where it has converged, to vectors along which
    // the estimate is largest, does that make no difference.
    notDifferentiable: /^spectral_norm(?!\/converged)/,
    refusals: [
      {
        what: 'a vector',
        run: (hk, [x]) => new hk.SpectralNorm().call(x),
        inputs: [{ shape: [4] }],
        code: 'input-rank',
      },
      {
        what: 'more than a matrix where told to',
        run: (hk, [x]) => new hk.SpectralNorm().call(x, { errorOnNonMatrix: true }),
        inputs: [{ shape: [4, 3, 2] }],
        code: 'input-rank',
        says: ['rank 3'],
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.SpectralNorm().call(x),
        inputs: [{ shape: [4, 3], kind: 'int' }],
        code: 'input-dtype',
      },
      {
        what: 'no steps',
        run: (hk, [x]) => new hk.SpectralNorm({ nSteps: 0 }).call(x),
        inputs: [{ shape: [4, 3] }],
        code: 'layer-options',
        says: ['nSteps = 0'],
      },
    ],
  },
  {
    layer: 'SNParamsTree',
    batchAxis: null,
    // As for SpectralNorm, but for the tree that has converged.
    notDifferentiable: /^sn_params_tree$/,
    stateFromData: /\/sigma$/,
    cases: [
      {
        id: 'sn_params_tree',
        run: (hk, [w, b]) =>
          new hk.SNParamsTree({ ignoreRegex: '[^?!.]*/b$' }).call({ 'mlp/~/linear_0': { w, b } }),
        inputs: [{ shape: [3, 4] }, { shape: [4] }],
      },
      {
        id: 'sn_params_tree/converged',
        run: (hk, [w]) => new hk.SNParamsTree({ nSteps: 40, eps: 1e-12 }).call({ linear: { w } }),
        inputs: [{ shape: [5, 3] }],
      },
    ],
    refusals: [
      {
        what: 'a bias that is not ignored',
        run: (hk, [b]) => new hk.SNParamsTree().call({ linear: { b } }),
        inputs: [{ shape: [4] }],
        code: 'input-rank',
        says: ['sn_params_tree/linear__b'],
      },
    ],
  },
  {
    layer: 'EMAParamsTree',
    batchAxis: null,
    stateFromData: /\/average$/,
    cases: [
      {
        id: 'ema_params_tree',
        run: (hk, [w, b]) =>
          new hk.EMAParamsTree(0.2, { ignoreRegex: 'other' }).call({
            'mlp/~/linear_0': { w, b },
            other: { b },
          }),
        inputs: [{ shape: [3, 4] }, { shape: [4] }],
      },
    ],
    refusals: [
      {
        what: 'integer parameters',
        run: (hk, [w]) => new hk.EMAParamsTree(0.2).call({ linear: { w } }),
        inputs: [{ shape: [3, 4], kind: 'int' }],
        code: 'input-dtype',
        says: ['ema_params_tree/linear__w'],
      },
    ],
  },
  {
    layer: 'WeightNorm',
    batchAxis: null,
    cases: [
      {
        id: 'weight_norm',
        run: (hk, [v]) => new hk.WeightNorm().call(v),
        inputs: [{ shape: [3, 4] }],
      },
      {
        id: 'weight_norm/axis',
        run: (hk, [v]) => new hk.WeightNorm({ axis: [0, 2] }).call(v),
        inputs: [{ shape: [3, 4, 2] }],
      },
    ],
    refusals: [
      {
        what: 'a scalar',
        run: (hk, [v]) => new hk.WeightNorm().call(v),
        inputs: [{ shape: [] }],
        code: 'input-rank',
      },
      {
        what: 'integers',
        run: (hk, [v]) => new hk.WeightNorm().call(v),
        inputs: [{ shape: [2, 3], kind: 'int' }],
        code: 'input-dtype',
      },
      {
        what: 'an axis that is no number',
        run: (hk, [v]) => new hk.WeightNorm({ axis: 'out' as never }).call(v),
        inputs: [{ shape: [2, 3] }],
        code: 'layer-options',
        says: ['"out"'],
      },
    ],
  },
];

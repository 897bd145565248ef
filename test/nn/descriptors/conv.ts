import type { LayerDescriptor, Refusal } from './descriptor.js';

type Name = 'Conv1D' | 'Conv2D' | 'Conv3D' | 'Conv1DTranspose' | 'Conv2DTranspose' | 'Conv3DTranspose';
type DepthwiseName = 'DepthwiseConv1D' | 'DepthwiseConv2D' | 'DepthwiseConv3D';

const spatial = [5, 4, 3];

/** What every convolution of `n` spatial dimensions must refuse. */
function convRefusals(layer: Name | DepthwiseName, n: number): Refusal[] {
  const sizes = spatial.slice(0, n);
  return [
    {
      what: 'too few dimensions',
      run: (hk, [x]) => new hk[layer](2, 2).call(x),
      inputs: [{ shape: sizes }],
      code: 'input-rank',
      says: ['[N, ...spatial, C]'],
    },
    {
      what: 'too many dimensions',
      run: (hk, [x]) => new hk[layer](2, 2, { dataFormat: 'channels_first' }).call(x),
      inputs: [{ shape: [2, 2, ...sizes, 3] }],
      code: 'input-rank',
      says: ['[N, C, ...spatial]'],
    },
    {
      what: 'integers',
      run: (hk, [x]) => new hk[layer](2, 2).call(x),
      inputs: [{ shape: [2, ...sizes, 3], kind: 'int' }],
      code: 'input-dtype',
      says: ['int32'],
    },
    {
      what: 'another number of channels than at init',
      run: (hk, [x]) => new hk[layer](2, 2).call(x),
      initInputs: [{ shape: [2, ...sizes, 3] }],
      inputs: [{ shape: [2, ...sizes, 4] }],
      code: 'parameter-shape',
    },
    {
      what: 'an unknown padding',
      run: (hk, [x]) => new hk[layer](2, 2, { padding: 'MIRROR' as never }).call(x),
      inputs: [{ shape: [2, ...sizes, 3] }],
      code: 'layer-options',
      says: ['MIRROR'],
    },
    {
      what: 'a kernel shape of the wrong length',
      run: (hk, [x]) => new hk[layer](2, [2, 2, 2, 2]).call(x),
      inputs: [{ shape: [2, ...sizes, 3] }],
      code: 'layer-options',
      says: ['kernelShape', '[2, 2, 2, 2]'],
    },
  ];
}

/** Cases without a batch, or with a mask among their inputs. */
const noBatch = (id: string): number | null => (/unbatched|\/mask/.test(id) ? null : 0);

/** Convolutions of each number of dimensions. */
export const convDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'Conv1D',
    batchAxis: noBatch,
    cases: [
      {
        id: 'conv1d/strided_dilated',
        run: (hk, [x]) => new hk.Conv1D(3, 3, { stride: 2, rate: 3, padding: [3, 2] }).call(x),
        inputs: [{ shape: [2, 11, 4] }],
      },
    ],
    refusals: convRefusals('Conv1D', 1),
  },
  {
    layer: 'Conv2D',
    batchAxis: noBatch,
    cases: [
      {
        id: 'conv2d/mask_tensor',
        run: (hk, [x, mask]) => new hk.Conv2D(2, [2, 3], { mask }).call(x),
        inputs: [{ shape: [2, 5, 4, 3] }, { shape: [2, 3, 3, 2], kind: 'bool' }],
      },
      {
        id: 'conv2d/groups_channels_first',
        run: (hk, [x]) =>
          new hk.Conv2D(4, 3, { featureGroupCount: 2, dataFormat: 'NCHW', rate: [2, 1] }).call(x),
        inputs: [{ shape: [2, 6, 5, 4] }],
      },
      {
        id: 'conv2d/unbatched_channels_first',
        run: (hk, [x]) => new hk.Conv2D(2, 2, { dataFormat: 'NCHW', padding: 'VALID' }).call(x),
        inputs: [{ shape: [3, 5, 4] }],
      },
      {
        id: 'conv2d/empty',
        run: (hk, [x]) => new hk.Conv2D(2, 4, { padding: 'VALID' }).call(x),
        inputs: [{ shape: [2, 3, 5, 1] }],
        differentiable: false,
      },
    ],
    refusals: [
      ...convRefusals('Conv2D', 2),
      {
        what: 'channels that do not divide into the groups',
        run: (hk, [x]) => new hk.Conv2D(4, 3, { featureGroupCount: 2 }).call(x),
        inputs: [{ shape: [2, 5, 5, 3] }],
        code: 'input-shape',
        says: ['featureGroupCount = 2'],
      },
      {
        what: 'a mask of another shape than its weights',
        run: (hk, [x, mask]) => new hk.Conv2D(4, 3, { mask }).call(x),
        inputs: [{ shape: [2, 5, 5, 3] }, { shape: [3, 3, 4, 3] }],
        code: 'layer-options',
        says: ['[3, 3, 3, 4]', '[3, 3, 4, 3]'],
      },
      {
        what: 'a data format without channels',
        run: (hk, [x]) => new hk.Conv2D(4, 3, { dataFormat: 'NHW' }).call(x),
        inputs: [{ shape: [2, 5, 5, 3] }],
        code: 'layer-options',
        says: ['NHW'],
      },
    ],
  },
  { layer: 'Conv3D', batchAxis: noBatch, refusals: convRefusals('Conv3D', 3) },
  {
    layer: 'ConvND',
    cases: [
      {
        id: 'conv_nd/reverse_causal',
        run: (hk, [x]) => new hk.ConvND(2, 3, 2, { padding: hk.pad.reverseCausal }).call(x),
        inputs: [{ shape: [2, 4, 3, 2] }],
      },
    ],
    refusals: [
      {
        what: 'no spatial dimension',
        run: (hk, [x]) => new hk.ConvND(0, 3, 2).call(x),
        inputs: [{ shape: [2, 3] }],
        code: 'layer-options',
        says: ['numSpatialDims = 0'],
      },
    ],
  },
  { layer: 'Conv1DTranspose', refusals: convRefusals('Conv1DTranspose', 1) },
  {
    layer: 'Conv2DTranspose',
    batchAxis: noBatch,
    cases: [
      {
        id: 'conv2d_transpose/mask',
        run: (hk, [x, mask]) => new hk.Conv2DTranspose(2, [2, 3], { stride: 2, mask }).call(x),
        inputs: [{ shape: [2, 5, 4, 3] }, { shape: [2, 3, 2, 3], kind: 'bool' }],
      },
      {
        id: 'conv2d_transpose/unbatched',
        run: (hk, [x]) => new hk.Conv2DTranspose(2, 3, { stride: 2, dataFormat: 'NCHW' }).call(x),
        inputs: [{ shape: [3, 5, 4] }],
      },
    ],
    refusals: [
      ...convRefusals('Conv2DTranspose', 2),
      {
        what: 'an output shape that the input cannot give',
        run: (hk, [x]) => new hk.Conv2DTranspose(2, 5, { stride: 2, outputShape: 20 }).call(x),
        inputs: [{ shape: [2, 10, 5, 3] }],
        code: 'input-shape',
        says: ['outputShape 20', 'size 10'],
      },
      {
        what: 'an output shape with explicit padding',
        run: (hk, [x]) => new hk.Conv2DTranspose(2, 5, { outputShape: 20, padding: [1, 1] }).call(x),
        inputs: [{ shape: [2, 10, 10, 3] }],
        code: 'layer-options',
        says: ['outputShape'],
      },
    ],
  },
  { layer: 'Conv3DTranspose', refusals: convRefusals('Conv3DTranspose', 3) },
  {
    layer: 'ConvNDTranspose',
    cases: [
      {
        id: 'conv_nd_transpose/one',
        run: (hk, [x]) => new hk.ConvNDTranspose(1, 3, 2, { stride: 3, padding: [1, 0] }).call(x),
        inputs: [{ shape: [2, 4, 2] }],
      },
    ],
    refusals: [
      {
        what: 'half a spatial dimension',
        run: (hk, [x]) => new hk.ConvNDTranspose(0.5, 3, 2).call(x),
        inputs: [{ shape: [2, 3, 2] }],
        code: 'layer-options',
        says: ['0.5'],
      },
    ],
  },
  { layer: 'DepthwiseConv1D', refusals: convRefusals('DepthwiseConv1D', 1) },
  { layer: 'DepthwiseConv2D', refusals: convRefusals('DepthwiseConv2D', 2) },
  {
    layer: 'DepthwiseConv3D',
    batchAxis: (id) => (id === 'depthwise3d' ? null : 0),
    cases: [
      {
        id: 'depthwise3d/channels_first',
        run: (hk, [x]) =>
          new hk.DepthwiseConv3D(2, 2, {
            dataFormat: 'NCDHW',
            bInit: hk.initializers.randomNormal(),
          }).call(x),
        inputs: [{ shape: [2, 3, 4, 3, 2] }],
      },
    ],
    refusals: convRefusals('DepthwiseConv3D', 3),
  },
  {
    layer: 'SeparableDepthwiseConv2D',
    cases: [
      {
        id: 'separable/strided',
        run: (hk, [x]) => new hk.SeparableDepthwiseConv2D(2, [3, 2], { stride: 2, padding: 'VALID' }).call(x),
        inputs: [{ shape: [2, 7, 6, 2] }],
      },
    ],
    refusals: [
      {
        what: 'a vector',
        run: (hk, [x]) => new hk.SeparableDepthwiseConv2D(2, 3).call(x),
        inputs: [{ shape: [5] }],
        code: 'input-rank',
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.SeparableDepthwiseConv2D(2, 3).call(x),
        inputs: [{ shape: [2, 5, 5, 2], kind: 'int' }],
        code: 'input-dtype',
      },
    ],
  },
];

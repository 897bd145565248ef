import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { gelu } from '../../src/backend/ops/gelu.js';
import { layerNorm as fusedLayerNorm } from '../../src/backend/ops/layer-norm.js';
import { logSoftmax } from '../../src/backend/ops/log-softmax.js';

/** The operation under test, from the tensors of the golden. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each case knows the ranks of its own inputs.
export type Operation = (...inputs: any[]) => Tensor;

const unary = [
  'abs',
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atanh',
  'ceil',
  'cos',
  'cosh',
  'elu',
  'erf',
  'exp',
  'expm1',
  'floor',
  'log',
  'log1p',
  'neg',
  'reciprocal',
  'relu',
  'relu6',
  'round',
  'rsqrt',
  'selu',
  'sigmoid',
  'sign',
  'sin',
  'sinh',
  'softplus',
  'sqrt',
  'square',
  'step',
  'tan',
  'tanh',
] as const;

const elementwise: Record<string, Operation> = {
  'leaky-relu': (x: Tensor) => tf.leakyRelu(x, 0.2),
  clip: (x: Tensor) => tf.clipByValue(x, -0.5, 0.5),
  'gelu-tanh': (x: Tensor) => {
    const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.square(x)))));
    return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(inner)));
  },
  'gelu-erf': (x: Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  silu: (x: Tensor) => tf.mul(x, tf.sigmoid(x)),
  'cast-to-int-and-back': (x: Tensor) => tf.cast(tf.cast(x, 'int32'), 'float32'),
  ...Object.fromEntries(unary.map((name) => [name, (x: Tensor) => tf[name](x)])),
};

const binary: Record<string, Operation> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  minimum: tf.minimum,
  'squared-difference': tf.squaredDifference,
};

const comparisons: Record<string, Operation> = {
  equal: tf.equal,
  'not-equal': tf.notEqual,
  less: tf.less,
  'less-equal': tf.lessEqual,
  greater: tf.greater,
  'greater-equal': tf.greaterEqual,
};

function variants(table: Record<string, Operation>, names: string[], key: (name: string) => string) {
  return Object.fromEntries(names.map((name) => [key(name), table[name]]));
}

const axes: Record<string, number | number[] | undefined> = {
  all: undefined,
  first: 0,
  middle: 1,
  last: 2,
  outer: [0, 2],
};

const reductions = Object.fromEntries(
  Object.entries(axes).flatMap(([label, axis]) =>
    (['sum', 'mean', 'max', 'min', 'prod'] as const).map((name): [string, Operation] => [
      `${name}-${label}`,
      (x: Tensor) => tf[name](x, axis),
    ]),
  ),
);

const matMuls = Object.fromEntries(
  [false, true].flatMap((ta) =>
    [false, true].flatMap((tb) =>
      ['', 'batch-', 'broadcast-'].map((kind): [string, Operation] => [
        `matmul-${kind}${ta ? 't' : 'n'}${tb ? 't' : 'n'}`,
        (a: Tensor, b: Tensor) => tf.matMul(a, b, ta, tb),
      ]),
    ),
  ),
);

const einsums = Object.fromEntries(
  [
    'ij,jk->ik',
    'bhtd,bhsd->bhts',
    'bhts,bshd->bthd',
    'ij->ji',
    'ij->i',
    'ij,j->i',
    'i,j->ij',
    'ijk,ik->j',
    'ij,kl->il',
  ].map((equation): [string, Operation] => [
    `einsum ${equation}`,
    (...operands: Tensor[]) => tf.einsum(equation, ...operands),
  ]),
);

type Pad4 = [[number, number], [number, number], [number, number], [number, number]];
const explicit: Pad4 = [
  [0, 0],
  [1, 1],
  [0, 2],
  [0, 0],
];

const pools = Object.fromEntries(
  ['', '-negative'].flatMap((label): [string, Operation][] =>
    (
      [
        ['max', tf.maxPool, tf.maxPool3d],
        ['avg', tf.avgPool, tf.avgPool3d],
      ] as const
    ).flatMap(([kind, plane, volume]): [string, Operation][] => [
      [`${kind}-pool-2-valid${label}`, (x: tf.Tensor4D) => plane(x, 2, 2, 'valid')],
      [`${kind}-pool-3-same${label}`, (x: tf.Tensor4D) => plane(x, 3, 1, 'same')],
      [`${kind}-pool-3-stride-2-same${label}`, (x: tf.Tensor4D) => plane(x, 3, 2, 'same')],
      [`${kind}-pool-2-stride-3-same${label}`, (x: tf.Tensor4D) => plane(x, 2, 3, 'same')],
      [`${kind}-pool-explicit${label}`, (x: tf.Tensor4D) => plane(x, 3, 2, explicit)],
      [`${kind}-pool-3d-valid${label}`, (x: tf.Tensor5D) => volume(x, 2, 1, 'valid')],
      [`${kind}-pool-3d-same${label}`, (x: tf.Tensor5D) => volume(x, 3, 2, 'same')],
    ]),
  ),
);

function layerNorm(x: Tensor, scale: Tensor, offset: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), offset);
}

/** Every case of `test/goldens/backend.json` as TensorFlow.js says it. */
export const operations: Record<string, Operation> = {
  ...elementwise,
  ...variants(
    elementwise,
    ['sin', 'log1p', 'selu', 'sign', 'tanh', 'expm1', 'erf', 'elu'],
    (name) => `${name}-of-small`,
  ),
  ...variants(elementwise, ['sin', 'cos'], (name) => `${name}-of-large`),
  ...variants(
    elementwise,
    [
      'exp',
      'tanh',
      'sigmoid',
      'erf',
      'relu',
      'relu6',
      'softplus',
      'clip',
      'abs',
      'neg',
      'gelu-tanh',
      'silu',
      'log',
      'sqrt',
      'rsqrt',
    ],
    (name) => `${name}-of-edges`,
  ),

  ...binary,
  ...variants(binary, Object.keys(binary), (name) => `${name}-broadcast`),
  'maximum-tie': tf.maximum,
  'minimum-tie': tf.minimum,
  'maximum-nan': tf.maximum,
  'minimum-nan': tf.minimum,
  div: tf.div,
  atan2: tf.atan2,
  mod: tf.mod,
  'mod-negative': tf.mod,
  'floor-div': (a: Tensor, b: Tensor) => tf.cast(tf.floorDiv(a, b), 'float32'),
  pow: tf.pow,
  'pow-negative-base': (a: Tensor) => tf.pow(a, 3),
  'pow-of-zero': (a: Tensor) => tf.pow(a, tf.tensor1d([1, 2, 3])),
  'pow-edges': tf.pow,
  prelu: tf.prelu,
  'add-n': (...terms: Tensor[]) => tf.addN(terms),
  'add-rank-8': tf.add,
  'mul-rank-7': tf.mul,
  'less-rank-7': tf.less,
  ...variants(
    { ...binary, 'floor-div': tf.floorDiv, mod: tf.mod },
    ['add', 'sub', 'mul', 'maximum', 'minimum', 'floor-div', 'mod'],
    (name) => `int-${name}`,
  ),
  'int-pow': tf.pow,
  'int-clip': (x: Tensor) => tf.clipByValue(x, -2, 3),
  'int-abs': tf.abs,
  'int-neg': tf.neg,
  'int-matmul': tf.matMul,
  'int-sum': (x: Tensor) => tf.sum(x, 1),
  'int-max': (x: Tensor) => tf.max(x, 0),
  'int-prod': (x: Tensor) => tf.prod(x, 1),
  'cast-to-bool': (x: Tensor) => tf.cast(x, 'bool'),
  'int-cast-to-bool': (x: Tensor) => tf.cast(x, 'bool'),
  'bool-sum': (x: Tensor) => tf.sum(x, 0),

  'where-greater': (a: Tensor, b: Tensor) => tf.where(tf.greater(a, b), a, tf.mul(b, 2)),
  'where-less-broadcast': (a: Tensor, b: Tensor) => tf.where(tf.less(a, 0.1), tf.sin(a), b),
  ...comparisons,
  ...variants(comparisons, Object.keys(comparisons), (name) => `int-${name}`),
  'bool-where': tf.where,

  ...reductions,
  'max-tie': (x: Tensor) => tf.max(x, 1),
  'max-negative': (x: Tensor) => tf.max(x, 1),
  'max-nan': (x: Tensor) => tf.max(x, 1),
  'min-nan': (x: Tensor) => tf.min(x, 0),
  'prod-zero': (x: Tensor) => tf.prod(x, 1),
  'sum-empty': (x: Tensor) => tf.sum(x, 1),
  'prod-empty': (x: Tensor) => tf.prod(x, 1),
  'all-empty': (x: Tensor) => tf.all(x, 1),
  'any-empty': (x: Tensor) => tf.any(x, 1),
  'log-sum-exp': (x: Tensor) => tf.logSumExp(x, 1),
  variance: (x: Tensor) => tf.moments(x, [0, 1]).variance,
  ...Object.fromEntries(
    (['cumsum', 'cumprod'] as const).flatMap((name): [string, Operation][] => [
      ...[0, 1, 2].map((axis): [string, Operation] => [
        `${name}-axis-${axis}`,
        (x: Tensor) => tf[name](x, axis === 2 ? -1 : axis),
      ]),
      [`${name}-zeros`, (x: Tensor) => tf[name](x, 1)],
      [`${name}-exclusive`, (x: Tensor) => tf[name](x, 1, true)],
      [`${name}-reverse`, (x: Tensor) => tf[name](x, -1, false, true)],
    ]),
  ),
  'cumprod-exclusive-reverse': (x: Tensor) => tf.cumprod(x, 1, true, true),
  'int-cumsum': (x: Tensor) => tf.cumsum(x, 1),
  softmax: (x: Tensor) => tf.softmax(x),
  'softmax-edges': (x: Tensor) => tf.softmax(x),
  'log-softmax': (x: Tensor) => tf.logSoftmax(x),
  'arg-max': (x: Tensor) => tf.argMax(x, 1),
  'top-k': (x: Tensor) => tf.topk(x, 3).values,

  concat: (...parts: Tensor[]) => tf.concat(parts, 1),
  'concat-last': (...parts: Tensor[]) => tf.concat(parts, -1),
  stack: (...parts: Tensor[]) => tf.stack(parts, 1),
  unstack: (x: Tensor) => {
    const [first, , third] = tf.unstack(x);
    return tf.mul(first, third);
  },
  split: (x: Tensor) => {
    const [a, b, c] = tf.split(x, 3, 1);
    return tf.add(tf.mul(a, b), c);
  },
  slice: (x: Tensor) => tf.slice(x, [1, 1], [2, 3]),
  'slice-rank-6': (x: Tensor) => tf.slice(x, [0, 0, 1, 0, 0, 1], [2, 1, 1, 2, 1, 2]),
  'strided-slice': (x: Tensor) => tf.stridedSlice(x, [0, 1], [4, 5], [2, 3]),
  'strided-slice-negative': (x: Tensor) => tf.stridedSlice(x, [3, 4], [0, 0], [-1, -2], 0, 1),
  'strided-slice-masks': (x: Tensor) =>
    tf.stridedSlice(x, [1, 0, 0, 0], [2, 0, 0, 5], [1, 1, 1, 2], 0, 0, 4, 2, 1),
  pad: (x: Tensor) =>
    tf.pad(
      x,
      [
        [1, 2],
        [0, 1],
      ],
      0.5,
    ),
  ...Object.fromEntries(
    (['reflect', 'symmetric'] as const).map((mode): [string, Operation] => [
      `mirror-pad-${mode}`,
      (x: Tensor) =>
        tf.mirrorPad(
          x,
          [
            [1, 2],
            [0, 0],
            [2, 1],
          ],
          mode,
        ),
    ]),
  ),
  reverse: (x: Tensor) => tf.reverse(x, [1, 2]),
  tile: (x: Tensor) => tf.tile(x, [2, 3]),
  'tile-rank-5': (x: Tensor) => tf.tile(x, [2, 1, 3, 1, 2]),
  'broadcast-to': (x: Tensor) => tf.broadcastTo(x, [3, 4, 5]),
  transpose: (x: Tensor) => tf.transpose(x, [2, 0, 1]),
  'transpose-rank-6': (x: Tensor) => tf.transpose(x, [5, 3, 1, 0, 4, 2]),
  'depth-to-space': (x: tf.Tensor4D) => tf.depthToSpace(x, 2),
  'space-to-batch': (x: Tensor) =>
    tf.spaceToBatchND(
      x,
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  diag: tf.diag,
  'flip-left-right': (x: tf.Tensor4D) => tf.image.flipLeftRight(x),

  gather: (x: Tensor, i: Tensor) => tf.gather(x, i),
  'gather-axis': (x: Tensor, i: Tensor) => tf.gather(x, i, 1),
  'gather-matrix-of-indices': (x: Tensor, i: Tensor) => tf.gather(x, i),
  'gather-batch': (x: Tensor, i: Tensor) => tf.gather(x, i, 1, 1),
  'gather-batch-axis': (x: Tensor, i: Tensor) => tf.gather(x, i, 2, 1),
  'int-gather': (x: Tensor, i: Tensor) => tf.gather(x, i),
  'gather-nd': (x: Tensor, i: Tensor) => tf.gatherND(x, i),
  'scatter-nd': (u: Tensor, i: Tensor) => tf.scatterND(i, u, [5, 3]),
  'tensor-scatter-update': (t: Tensor, u: Tensor, i: Tensor) => tf.tensorScatterUpdate(t, i, u),
  'segment-sum': (x: Tensor, i: tf.Tensor1D) => tf.unsortedSegmentSum(x, i, 4),
  'segment-sum-dropped': (x: Tensor, i: tf.Tensor1D) => tf.unsortedSegmentSum(x, i, 3),
  'int-segment-sum': (x: Tensor, i: tf.Tensor1D) => tf.unsortedSegmentSum(x, i, 3),
  'one-hot': (i: Tensor) => tf.oneHot(i, 5, 1, 0, 'float32'),
  'one-hot-int': (i: Tensor) => tf.oneHot(i, 3),
  'one-hot-bool': (i: Tensor) => tf.oneHot(i, 3, 1, 0, 'bool'),
  'one-hot-product': (w: Tensor, i: Tensor) => tf.matMul(tf.oneHot(i, 4, 1, 0, 'float32'), w),

  ...matMuls,
  'matmul-long': tf.matMul,
  ...einsums,

  conv1d: (x: tf.Tensor3D, f: tf.Tensor3D) => tf.conv1d(x, f, 1, 'same'),
  'conv2d-same': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 1, 'same'),
  'conv2d-valid': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 1, 'valid'),
  'conv2d-1x1': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 1, 'same'),
  'conv2d-stride-2': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 2, 'same'),
  'conv2d-stride-3-filter-2': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 3, 'same'),
  'conv2d-stride-4-filter-3': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 4, 'same'),
  'conv2d-explicit': (x: tf.Tensor4D, f: tf.Tensor4D) =>
    tf.conv2d(x, f, 1, [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ]),
  'conv2d-rate-2': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 1, 'same', 'NHWC', 2),
  'conv2d-rate-3-valid': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 1, 'valid', 'NHWC', 3),
  'conv2d-transpose': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2dTranspose(x, f, [2, 12, 14, 4], 2, 'same'),
  depthwise: (x: tf.Tensor4D, f: tf.Tensor4D) => tf.depthwiseConv2d(x, f, 1, 'same'),
  'depthwise-multiplier-2': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.depthwiseConv2d(x, f, 1, 'same'),
  'depthwise-stride-2': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.depthwiseConv2d(x, f, 2, 'same'),
  'depthwise-stride-3-filter-2': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.depthwiseConv2d(x, f, 3, 'same'),
  'depthwise-rate-2': (x: tf.Tensor4D, f: tf.Tensor4D) => tf.depthwiseConv2d(x, f, 1, 'same', 'NHWC', 2),
  conv3d: (x: tf.Tensor5D, f: tf.Tensor5D) => tf.conv3d(x, f, 1, 'same'),
  'conv3d-stride-2': (x: tf.Tensor5D, f: tf.Tensor5D) => tf.conv3d(x, f, 2, 'same'),
  'conv3d-transpose': (x: tf.Tensor5D, f: tf.Tensor5D) =>
    tf.conv3dTranspose(x, f, [1, 6, 6, 4, 3], 2, 'same'),

  ...pools,

  'layer-norm': layerNorm,
  'layer-norm-odd': layerNorm,
  'batch-norm': (
    x: tf.Tensor4D,
    mean: tf.Tensor1D,
    variance: tf.Tensor1D,
    offset: tf.Tensor1D,
    scale: tf.Tensor1D,
  ) => tf.batchNorm(x, mean, variance, offset, scale, 1e-3),
  'local-response-normalization': (x: tf.Tensor4D) => tf.localResponseNormalization(x, 2, 1, 0.5, 0.75),
  'resize-nearest': (x: tf.Tensor4D) => tf.image.resizeNearestNeighbor(x, [6, 6]),
};

/** The same cases by the operations that `backend/ops` fuses. */
export const fusedOperations: Record<string, Operation> = {
  'gelu-tanh': (x: Tensor) => gelu(x, true),
  'gelu-erf': (x: Tensor) => gelu(x, false),
  'gelu-tanh-of-edges': (x: Tensor) => gelu(x, true),
  'layer-norm': (x: Tensor, scale: Tensor, offset: Tensor) => fusedLayerNorm(x, scale, offset, 1e-5),
  'layer-norm-odd': (x: Tensor, scale: Tensor, offset: Tensor) => fusedLayerNorm(x, scale, offset, 1e-5),
  'log-softmax': logSoftmax,
};

import { squeeze, type Tensor } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { composeKeyMaps, loadInto, renameKeys, type Checkpoint, type KeyMap } from 'tanka/checkpoint';
import { basicPitch, WINDOW } from './model.js';

/** The convolutions of an octave in the order in which they are numbered. */
const KERNELS = ['real', 'imaginary', 'lowpass'];

/** The spectrum's kernels were recorded by the numbers of their convolutions, with an axis of height. */
const recorded: KeyMap = (arrays) =>
  new Map(
    [...arrays].map(([key, value]): [string, Tensor] => {
      if (key === 'cqt/Sqrt') return ['cqt/scale', squeeze(value, [2])];
      const number = /^cqt\/conv1d(?:_(\d+))?_ExpandDims_1$/.exec(key);
      if (number === null) return [key, value];
      const at = Number(number[1] ?? 0);
      return [`cqt/octave_${Math.floor(at / 3)}_${KERNELS[at % 3]}/w`, squeeze(value, [0])];
    }),
  );

/** Constants of the published graph by the names under which they were recorded. */
const published = renameKeys(
  Object.entries({
    'batch_normalization/FusedBatchNormV3/Scaled': 'basic_pitch/bn/scale',
    'batch_normalization/FusedBatchNormV3/Offset': 'basic_pitch/bn/offset',
    'conv2d_1/Conv2D_weights': 'basic_pitch/contour_conv1/w',
    'conv2d_1/Conv2D_bn_offset': 'basic_pitch/contour_conv1/b',
    'contours-reduced/Conv2D/ReadVariableOp': 'basic_pitch/contour_out/w',
    'contours-reduced/BiasAdd/ReadVariableOp': 'basic_pitch/contour_out/b',
    'conv2d_2/Conv2D/ReadVariableOp': 'basic_pitch/note_conv1/w',
    'conv2d_2/BiasAdd/ReadVariableOp': 'basic_pitch/note_conv1/b',
    'conv2d_3/Conv2D/ReadVariableOp': 'basic_pitch/note_out/w',
    'conv2d_3/BiasAdd/ReadVariableOp': 'basic_pitch/note_out/b',
    'conv2d_4/Conv2D_weights': 'basic_pitch/onset_conv1/w',
    'conv2d_4/Conv2D_bn_offset': 'basic_pitch/onset_conv1/b',
    'conv2d_5/Conv2D/ReadVariableOp': 'basic_pitch/onset_out/w',
    'conv2d_5/BiasAdd/ReadVariableOp': 'basic_pitch/onset_out/b',
    'cq_t2010v2_1/Sqrt': 'cqt/Sqrt',
  })
    .map(([from, to]): [RegExp, string] => [new RegExp(`^.*/model_1/${from}$`), to])
    .concat([[/^.*\/cq_t2010v2_1\/(conv1d(?:_\d+)?)\/ExpandDims_1$/, 'cqt/$1_ExpandDims_1']]),
);

/** Whether a constant of the published graph is one of its weights, not a size or an axis. */
export function isWeight(key: string): boolean {
  const renamed = published(new Map([[key, undefined as unknown as Tensor]]));
  return !renamed.has(key);
}

/**
 * Parameters of {@link basicPitch} from its recorded weights, or from the constants of the graph in the npm package that are weights
 * ({@link isWeight}). The checkpoint stays as it is; the result is the caller's.
 */
export function basicPitchWeights(checkpoint: Checkpoint): hk.Params {
  const audio = { shape: [1, WINDOW], dtype: 'float32' as const };
  const template = hk.evalShape(basicPitch.init, hk.random.key(0), audio);
  return loadInto(template, checkpoint, { map: composeKeyMaps(published, recorded) }) as hk.Params;
}

/** EfficientNet-Lite0, as it was trained on ImageNet: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite */
import { add, mean, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

/** Height and width of the images. */
export const IMAGE_SIZE = 224;

/** One inverted residual block. */
interface BlockOptions extends hk.ModuleOptions {
  /** Height and width of the depthwise kernel. */
  readonly kernel: number;
  readonly stride: number;
  /** Factor by which the first convolution widens the channels; 1 leaves it out. */
  readonly expand: number;
  /** Channels of the result. */
  readonly channels: number;
}

/** Repetitions and options of each group of blocks; only the first block of a group has the stride. */
const GROUPS = [
  { repeats: 1, kernel: 3, stride: 1, expand: 1, channels: 16 },
  { repeats: 2, kernel: 3, stride: 2, expand: 6, channels: 24 },
  { repeats: 2, kernel: 5, stride: 2, expand: 6, channels: 40 },
  { repeats: 3, kernel: 3, stride: 2, expand: 6, channels: 80 },
  { repeats: 3, kernel: 5, stride: 1, expand: 6, channels: 112 },
  { repeats: 4, kernel: 5, stride: 2, expand: 6, channels: 192 },
  { repeats: 1, kernel: 3, stride: 1, expand: 6, channels: 320 },
] as const;

/** The options of all 16 blocks in order. */
const BLOCKS: readonly BlockOptions[] = GROUPS.flatMap(({ repeats, stride, ...group }) =>
  Array.from({ length: repeats }, (_, i) => ({ ...group, stride: i === 0 ? stride : 1 })),
).map((block, i) => ({ ...block, name: `block_${i}` }));

function normalized(x: Tensor4D, name: string, isTraining: boolean): Tensor4D {
  const norm = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.99, eps: 1e-3, name });
  return norm.call(x, isTraining);
}

/** Widens the channels, mixes each one over space, narrows them again; what keeps its shape is added to its input. */
@hk.module('block')
class Block extends hk.Module {
  constructor(private readonly options: BlockOptions) {
    super(options);
  }

  call(x: Tensor4D, isTraining: boolean): Tensor4D {
    const { kernel, stride, expand, channels } = this.options;
    let out = x;
    if (expand > 1) {
      out = new hk.Conv2D(expand * x.shape[3], 1, { withBias: false, name: 'expand_conv' }).call(out);
      out = hk.nn.relu6(normalized(out, 'expand_bn', isTraining)) as Tensor4D;
    }
    out = new hk.DepthwiseConv2D(1, kernel, { stride, withBias: false, name: 'depthwise_conv' }).call(out);
    out = hk.nn.relu6(normalized(out, 'depthwise_bn', isTraining)) as Tensor4D;
    out = new hk.Conv2D(channels, 1, { withBias: false, name: 'project_conv' }).call(out);
    out = normalized(out, 'project_bn', isTraining);
    return stride === 1 && channels === x.shape[3] ? add(out, x) : out;
  }
}

/** A strided convolution, 16 inverted residual blocks, a wide convolution, the mean over the image, a linear layer. */
@hk.module('efficientnet_lite0')
export class EfficientNetLite0 extends hk.Module {
  /**
   * @param images `[N, 224, 224, 3]`, `(value − 127) / 128`
   * @returns logits of the 1000 classes `[N, 1000]`
   */
  call(images: Tensor4D, isTraining: boolean): Tensor2D {
    let out = new hk.Conv2D(32, 3, { stride: 2, withBias: false, name: 'stem_conv' }).call(images);
    out = hk.nn.relu6(normalized(out, 'stem_bn', isTraining)) as Tensor4D;
    for (const options of BLOCKS) out = new Block(options).call(out, isTraining);
    out = new hk.Conv2D(1280, 1, { withBias: false, name: 'head_conv' }).call(out);
    out = hk.nn.relu6(normalized(out, 'head_bn', isTraining)) as Tensor4D;
    return new hk.Linear(1000, { name: 'classifier' }).call(mean<Tensor2D>(out, [1, 2]));
  }
}

/** `apply(params, state, images, isTraining)` → `[logits, state]`. */
export const efficientNetLite0 = hk.withoutApplyRng(
  hk.transformWithState((images: Tensor4D, isTraining: boolean) =>
    new EfficientNetLite0().call(images, isTraining),
  ),
);

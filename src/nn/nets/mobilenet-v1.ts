import { mean, relu, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { layer } from '../../module/layer.js';
import { Module, type ModuleOptions } from '../../module/module.js';
import { BatchNorm } from '../batch-norm.js';
import { Conv2D } from '../conv2d.js';
import { DepthwiseConv2D } from '../depthwise-conv2d.js';
import { Linear } from '../linear.js';
import { checkedList } from '../option-checks.js';
import { nameOf } from '../input-checks.js';

const STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1] as const;
const CHANNELS = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024] as const;

/** Options of {@link MobileNetV1}. */
export interface MobileNetV1Options extends ModuleOptions {
  /** Stride of the depthwise convolution of each block. Default: the 13 blocks of the paper. */
  readonly strides?: readonly number[];
  /** Output channels of each block. Default: those of the paper. */
  readonly channels?: readonly number[];
  /** Default 1000. */
  readonly numClasses?: number;
  /** Normalizes after each convolution; without, the convolutions have biases. Default `true`. */
  readonly useBn?: boolean;
}

function normalized(x: Tensor4D, isTraining: boolean, useBn: boolean): Tensor4D {
  if (!useBn) return x;
  return new BatchNorm({ createScale: true, createOffset: true, decayRate: 0.999 }).call(x, isTraining);
}

interface BlockOptions {
  readonly channels: number;
  readonly stride: number;
  readonly useBn: boolean;
}

/** A depthwise 3×3 and a pointwise convolution, each with norm and relu. */
@layer('MobileNetV1Block')
class MobileNetV1Block extends Module {
  constructor(private readonly options: BlockOptions) {
    super();
  }

  call(x: Tensor4D, isTraining: boolean): Tensor4D {
    const { channels, stride, useBn } = this.options;
    const depthwise = new DepthwiseConv2D(1, 3, {
      stride,
      padding: [1, 1],
      withBias: !useBn,
      name: 'depthwise_conv',
    });
    const pointwise = new Conv2D(channels, 1, {
      padding: 'VALID',
      withBias: !useBn,
      name: 'pointwise_conv',
    });
    const mixed = relu(normalized(depthwise.call(x), isTraining, useBn));
    return relu(normalized(pointwise.call(mixed), isTraining, useBn));
  }
}

/**
 * MobileNet, version 1 (arXiv:1704.04861): a strided convolution, blocks of depthwise and pointwise convolutions, the mean over the image, a
 * linear layer.
 *
 * Submodules: `conv2_d`, `batch_norm`, `mobile_net_v1_block`, `mobile_net_v1_block_1` … with `depthwise_conv`, `batch_norm`,
 * `pointwise_conv`, `batch_norm_1` each, and `logits`.
 */
@layer('MobileNetV1', [], { strides: STRIDES, channels: CHANNELS, numClasses: 1000, useBn: true })
export class MobileNetV1 extends Module {
  /** @throws `layer-options` for other numbers of strides than of channels */
  constructor(private readonly options: MobileNetV1Options = {}) {
    super(options);
    const { strides = STRIDES, channels = CHANNELS } = options;
    checkedList(this, 'strides', strides);
    checkedList(this, 'channels', channels);
    if (strides.length !== channels.length) {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} needs as many strides as channels, but got ${strides.length} strides and ${channels.length} channels.`,
      );
    }
  }

  /**
   * @param x images `[N, H, W, C]`
   * @returns `[N, numClasses]`
   * @throws what {@link Conv2D} and {@link BatchNorm} throw
   */
  call(x: Tensor4D, isTraining: boolean): Tensor2D {
    const { strides = STRIDES, channels = CHANNELS, numClasses = 1000, useBn = true } = this.options;
    const initialConv = new Conv2D(32, 3, { stride: 2, padding: 'VALID', withBias: !useBn });
    let out = relu(normalized(initialConv.call(x), isTraining, useBn));
    strides.forEach((stride, i) => {
      out = new MobileNetV1Block({ channels: channels[i], stride, useBn }).call(out, isTraining);
    });
    return new Linear(numClasses, { name: 'logits' }).call(mean<Tensor2D>(out, [1, 2]));
  }
}

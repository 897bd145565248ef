import { mean, relu, zeros, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { layer } from '../../module/layer.js';
import { Module, type ModuleOptions } from '../../module/module.js';
import { BatchNorm } from '../batch-norm.js';
import type { ConvOptions } from '../conv-nd.js';
import { Conv2D } from '../conv2d.js';
import { Linear, type LinearOptions } from '../linear.js';
import { maxPool } from '../max-pool.js';
import { checkedList, checkOptions } from '../option-checks.js';
import { BlockGroup, BlockV1, BlockV2, type BatchNormConfig } from './resnet-blocks.js';
import { nameOf } from '../input-checks.js';

/** What all residual networks can be told. */
export interface ResNetVariantOptions extends ModuleOptions {
  /** Options of the batch norms. Default: decay rate 0.9, eps 1e-5, scale and offset. */
  readonly bnConfig?: BatchNormConfig;
  /** Builds version 2 of the blocks. Default `false`. */
  readonly resnetV2?: boolean;
  /** Options of the last, linear layer. Default: name `logits`, weights of zeros. */
  readonly logitsConfig?: LinearOptions;
  /** Options of the first convolution. Default: 64 channels, kernel 7, stride 2, no bias, name `initial_conv`. */
  readonly initialConvConfig?: ConvOptions & {
    readonly outputChannels?: number;
    readonly kernelShape?: number | readonly number[];
  };
  /** Stride of each of the four groups. Default `[1, 2, 2, 2]`. */
  readonly strides?: readonly (number | readonly number[])[];
}

/** Options of {@link ResNet}. */
export interface ResNetOptions extends ResNetVariantOptions {
  /** Number of blocks in each of the four groups. */
  readonly blocksPerGroup: readonly number[];
  readonly numClasses: number;
  /** Blocks of 1×1, 3×3 and 1×1 convolutions instead of two of 3×3. Default `true`. */
  readonly bottleneck?: boolean;
  /** Channels of each group. Default `[256, 512, 1024, 2048]`. */
  readonly channelsPerGroup?: readonly number[];
  /** Whether the first block of each group projects its shortcut. Default: all. */
  readonly useProjection?: readonly boolean[];
}

/** Options of a call of {@link ResNet}. */
export interface ResNetCallOptions {
  /** Normalizes by the statistics of the batch although not training. Default `false`. */
  readonly testLocalStats?: boolean;
}

const PLAIN = {
  bottleneck: false,
  channelsPerGroup: [64, 128, 256, 512],
  useProjection: [false, true, true, true],
} as const;
const BOTTLENECK = {
  bottleneck: true,
  channelsPerGroup: [256, 512, 1024, 2048],
  useProjection: [true, true, true, true],
} as const;

/**
 * Residual network (arXiv:1512.03385, version 2 arXiv:1603.05027): a convolution, a max pool, four groups of blocks, the mean over the
 * image, a linear layer.
 *
 * Submodules, all under `~/`: `initial_conv`, `initial_batchnorm` (version 2: `final_batchnorm`), `block_group_0` … `block_group_3`,
 * `logits`.
 */
@layer('ResNet', [], {
  resnetV2: false,
  bottleneck: true,
  channelsPerGroup: BOTTLENECK.channelsPerGroup,
  useProjection: BOTTLENECK.useProjection,
  strides: [1, 2, 2, 2],
})
export class ResNet extends Module {
  /** Depths of the usual networks, by their number of layers. */
  static readonly CONFIGS = {
    18: { blocksPerGroup: [2, 2, 2, 2], ...PLAIN },
    34: { blocksPerGroup: [3, 4, 6, 3], ...PLAIN },
    50: { blocksPerGroup: [3, 4, 6, 3], ...BOTTLENECK },
    101: { blocksPerGroup: [3, 4, 23, 3], ...BOTTLENECK },
    152: { blocksPerGroup: [3, 8, 36, 3], ...BOTTLENECK },
    200: { blocksPerGroup: [3, 24, 36, 3], ...BOTTLENECK },
  } as const;
  static readonly BlockGroup = BlockGroup;
  static readonly BlockV1 = BlockV1;
  static readonly BlockV2 = BlockV2;

  private readonly initialConv: Conv2D;
  private readonly initialNorm: BatchNorm | null;
  private readonly blockGroups: readonly BlockGroup[];
  private readonly finalNorm: BatchNorm | null;
  private readonly logits: Linear;

  /** @throws `layer-options` for other than four groups */
  constructor(options: ResNetOptions) {
    super(options);
    checkOptions(this, options);
    const { blocksPerGroup, numClasses, resnetV2 = false, bottleneck = true } = options;
    const { channelsPerGroup = BOTTLENECK.channelsPerGroup, strides = [1, 2, 2, 2] } = options;
    const { useProjection = BOTTLENECK.useProjection } = options;
    this.#checkFour('blocksPerGroup', blocksPerGroup);
    this.#checkFour('channelsPerGroup', channelsPerGroup);
    this.#checkFour('strides', strides);
    this.#checkFour('useProjection', useProjection);
    const bnConfig = {
      decayRate: 0.9,
      eps: 1e-5,
      createScale: true,
      createOffset: true,
      ...options.bnConfig,
    };
    const { outputChannels = 64, kernelShape = 7, ...initialConv } = options.initialConvConfig ?? {};
    this.initialConv = new Conv2D(outputChannels, kernelShape, {
      stride: 2,
      withBias: false,
      padding: 'SAME',
      name: 'initial_conv',
      ...initialConv,
    });
    this.initialNorm = resnetV2 ? null : new BatchNorm({ ...bnConfig, name: 'initial_batchnorm' });
    this.blockGroups = strides.map(
      (stride, i) =>
        new BlockGroup({
          channels: channelsPerGroup[i],
          numBlocks: blocksPerGroup[i],
          stride,
          bnConfig,
          resnetV2,
          bottleneck,
          useProjection: useProjection[i],
          name: `block_group_${i}`,
        }),
    );
    this.finalNorm = resnetV2 ? new BatchNorm({ ...bnConfig, name: 'final_batchnorm' }) : null;
    this.logits = new Linear(numClasses, { wInit: zeros, name: 'logits', ...options.logitsConfig });
  }

  /**
   * @param x images `[N, H, W, C]`
   * @returns `[N, numClasses]`
   * @throws what {@link Conv2D} and {@link BatchNorm} throw
   */
  call(x: Tensor4D, isTraining: boolean, options: ResNetCallOptions = {}): Tensor2D {
    const { testLocalStats = false } = checkOptions(this, options);
    let out = this.initialConv.call(x);
    if (this.initialNorm !== null) out = relu(this.initialNorm.call(out, isTraining, { testLocalStats }));
    out = maxPool(out, [1, 3, 3, 1], [1, 2, 2, 1], 'SAME');
    for (const group of this.blockGroups) out = group.call(out, isTraining, testLocalStats);
    if (this.finalNorm !== null) out = relu(this.finalNorm.call(out, isTraining, { testLocalStats }));
    return this.logits.call(mean<Tensor2D>(out, [1, 2]));
  }

  #checkFour(what: string, list: readonly unknown[]): void {
    const values = checkedList(this, what, list);
    if (values.length === 4) return;
    throw new TankaError(
      'layer-options',
      `${nameOf(this)} has four groups of blocks, but got ${what} of length ${values.length}.`,
    );
  }
}

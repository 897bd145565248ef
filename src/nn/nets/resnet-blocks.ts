import { add, relu, type Tensor4D } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { constant } from '../../initializers/index.js';
import { layer } from '../../module/layer.js';
import { Module, type ModuleOptions } from '../../module/module.js';
import { BatchNorm, type BatchNormOptions } from '../batch-norm.js';
import { Conv2D } from '../conv2d.js';
import { nameOf, show } from '../input-checks.js';
import { checkWhole } from '../option-checks.js';

/** Options of the batch norms of a network. */
export type BatchNormConfig = Omit<Partial<BatchNormOptions>, 'name'>;

/** Options of a residual block. */
export interface BlockOptions extends ModuleOptions {
  readonly channels: number;
  readonly stride: number | readonly number[];
  /** Brings the shortcut to the block's stride and channels by a 1×1 convolution. */
  readonly useProjection: boolean;
  readonly bnConfig: BatchNormConfig;
  /** 1×1, 3×3 and 1×1 convolutions of a quarter of the channels in between, instead of two of 3×3. */
  readonly bottleneck: boolean;
}

/** A residual block of either version. */
export interface ResidualBlock {
  call(x: Tensor4D, isTraining: boolean, testLocalStats: boolean): Tensor4D;
}

interface Layer {
  readonly conv: Conv2D;
  readonly norm: BatchNorm;
}

/** `create…` default to true; the decay rate is that of the networks unless given. */
function batchNorm(config: BatchNormConfig, name: string): BatchNorm {
  return new BatchNorm({ createScale: true, createOffset: true, decayRate: 0.999, ...config, name });
}

function convolution(
  channels: number,
  kernelShape: number,
  stride: BlockOptions['stride'],
  name: string,
): Conv2D {
  return new Conv2D(channels, kernelShape, { stride, withBias: false, padding: 'SAME', name });
}

/** The convolutions of a block with their norms; a bottleneck has its stride in the middle one. */
function blockLayers(
  { channels, stride, bottleneck, bnConfig }: BlockOptions,
  lastNorm: BatchNormConfig = bnConfig,
): Layer[] {
  const inner = Math.floor(channels / 4);
  const parts: readonly (readonly [channels: number, kernel: number, stride: BlockOptions['stride']])[] =
    bottleneck
      ? [
          [inner, 1, 1],
          [inner, 3, stride],
          [channels, 1, 1],
        ]
      : [
          [channels, 3, stride],
          [channels, 3, 1],
        ];
  return parts.map(([outputs, kernel, step], i) => ({
    conv: convolution(outputs, kernel, step, `conv_${i}`),
    norm: batchNorm(i === 2 ? lastNorm : bnConfig, `batchnorm_${i}`),
  }));
}

/** @throws `input-shape` for a shortcut that lacks its projection */
function addShortcut(block: Module, out: Tensor4D, shortcut: Tensor4D): Tensor4D {
  if (out.shape.every((size, i) => [size, 1].includes(shortcut.shape[i]) || size === 1))
    return add(out, shortcut);
  throw new TankaError(
    'input-shape',
    `${nameOf(block)} cannot add its shortcut ${show(shortcut)} to its output ${show(out)}. Set useProjection to true for its group.`,
  );
}

/** Residual block of ResNet v1 (arXiv:1512.03385): convolution, norm, relu; the scale of a bottleneck's last norm starts at zero. */
@layer('BlockV1')
export class BlockV1 extends Module implements ResidualBlock {
  private readonly projection: Layer | null;
  private readonly layers: readonly Layer[];

  constructor(options: BlockOptions) {
    super(options);
    const { channels, stride, useProjection, bnConfig } = options;
    this.projection = useProjection
      ? {
          conv: convolution(channels, 1, stride, 'shortcut_conv'),
          norm: batchNorm(bnConfig, 'shortcut_batchnorm'),
        }
      : null;
    this.layers = blockLayers(options, { ...bnConfig, scaleInit: constant(0) });
  }

  call(x: Tensor4D, isTraining: boolean, testLocalStats: boolean): Tensor4D {
    const { projection } = this;
    const shortcut =
      projection === null ? x : projection.norm.call(projection.conv.call(x), isTraining, { testLocalStats });
    const out = this.layers.reduce((previous, { conv, norm }, i) => {
      const y = norm.call(conv.call(previous), isTraining, { testLocalStats });
      return i < this.layers.length - 1 ? relu(y) : y;
    }, x);
    return relu(addShortcut(this, out, shortcut));
  }
}

/** Residual block of ResNet v2 (arXiv:1603.05027): norm, relu, convolution; the projection takes the first relu's output. */
@layer('BlockV2')
export class BlockV2 extends Module implements ResidualBlock {
  private readonly projection: Conv2D | null;
  private readonly layers: readonly Layer[];

  constructor(options: BlockOptions) {
    super(options);
    const { channels, stride, useProjection } = options;
    this.projection = useProjection ? convolution(channels, 1, stride, 'shortcut_conv') : null;
    this.layers = blockLayers(options);
  }

  call(x: Tensor4D, isTraining: boolean, testLocalStats: boolean): Tensor4D {
    let shortcut = x;
    const out = this.layers.reduce((previous, { conv, norm }, i) => {
      const activated = relu(norm.call(previous, isTraining, { testLocalStats }));
      if (i === 0 && this.projection !== null) shortcut = this.projection.call(activated);
      return conv.call(activated);
    }, x);
    return addShortcut(this, out, shortcut);
  }
}

/** Options of {@link BlockGroup}. */
export interface BlockGroupOptions extends BlockOptions {
  readonly numBlocks: number;
  readonly resnetV2: boolean;
}

/** Blocks of one size; the first one has the stride and the projection. */
@layer('BlockGroup')
export class BlockGroup extends Module {
  private readonly blocks: readonly ResidualBlock[];

  constructor({ numBlocks, resnetV2, name, ...options }: BlockGroupOptions) {
    super({ name });
    checkWhole(this, 'numBlocks', numBlocks, 0);
    const Block = resnetV2 ? BlockV2 : BlockV1;
    this.blocks = Array.from(
      { length: numBlocks },
      (_, i) =>
        new Block({
          ...options,
          stride: i === 0 ? options.stride : 1,
          useProjection: i === 0 && options.useProjection,
          name: `block_${i}`,
        }),
    );
  }

  call(x: Tensor4D, isTraining: boolean, testLocalStats: boolean): Tensor4D {
    return this.blocks.reduce((out, block) => block.call(out, isTraining, testLocalStats), x);
  }
}

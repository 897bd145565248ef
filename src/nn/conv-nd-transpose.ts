import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { transposedConvolution, transposedPadding } from '../backend/ops/transposed-convolution.js';
import { product, type PaddingPair } from '../backend/ops/window.js';
import { TankaError } from '../errors/tanka-error.js';
import { truncatedNormal } from '../initializers/truncated-normal.js';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { getParameter, type Initializer } from '../module/parameters.js';
import { channelIndexOf } from './channel-index.js';
import { addBias, checkSpatialInput, inBatch, masked } from './conv-parts.js';
import { nameOf } from './input-checks.js';
import { checkWhole } from './option-checks.js';
import { createFromTuple } from './pad.js';
import { replicate } from './replicate.js';
import { adjustedPadding } from './transposed-padding.js';

/** Options of the transposed convolutions. Numbers count for every spatial dimension, arrays have one a dimension. */
export interface ConvTransposeOptions extends ModuleOptions {
  /** The input's cells are put so far apart. Default 1. */
  readonly stride?: number | readonly number[];
  /** Size of the spatial dimensions of the output, one that the stride could have come from. Default: what the padding gives. */
  readonly outputShape?: number | readonly number[];
  /** `'SAME'` (input size times stride), `'VALID'`, or pairs that pad the spread input. Default `'SAME'`. */
  readonly padding?: 'SAME' | 'VALID' | PaddingPair | readonly PaddingPair[];
  /** Adds a bias. Default `true`. */
  readonly withBias?: boolean;
  /** Of `w`. Default: truncated normal of standard deviation `1 / √(window cells · C)`. */
  readonly wInit?: Initializer;
  /** Of `b`. Default: zeros. */
  readonly bInit?: Initializer;
  /** Where the channels are: see `hk.getChannelIndex`. Default: last. */
  readonly dataFormat?: string;
  /** Multiplies `w`; of its shape. */
  readonly mask?: Tensor;
}

/** Defaults of {@link ConvTransposeOptions} that `String(module)` leaves out. */
export const convTransposeDefaults = { stride: 1, padding: 'SAME', withBias: true } as const;

/**
 * Transposed convolution over any number of spatial dimensions: a convolution of an input whose cells were put `stride` apart. The window
 * is not turned: weights for `conv2dTranspose` of TensorFlow fit after reversing their spatial axes.
 *
 * Parameters, in the dtype of the input: `w` `[...kernelShape, outputChannels, C]` for every data format; `b` `[outputChannels]`, with
 * channels first `[outputChannels, 1, …]`. Takes one random key when `w` is made.
 */
@layer('ConvNDTranspose', ['numSpatialDims', 'outputChannels', 'kernelShape'], {
  ...convTransposeDefaults,
  dataFormat: 'channels_last',
})
export class ConvNDTranspose extends Module {
  readonly kernelShape: readonly number[];
  private readonly strides: readonly number[];
  private readonly outputShape: readonly number[] | undefined;
  private readonly channelIndex: 1 | -1;

  /** @throws `layer-options` */
  constructor(
    readonly numSpatialDims: number,
    readonly outputChannels: number,
    kernelShape: number | readonly number[],
    private readonly options: ConvTransposeOptions = {},
  ) {
    super(options);
    const { stride = 1, outputShape, padding = 'SAME', dataFormat = 'channels_last' } = options;
    checkWhole(this, 'numSpatialDims', numSpatialDims, 1);
    checkWhole(this, 'outputChannels', outputChannels, 1);
    this.kernelShape = replicate(this, kernelShape, numSpatialDims, 'kernelShape');
    this.strides = replicate(this, stride, numSpatialDims, 'stride');
    if (typeof padding === 'string' && padding !== 'SAME' && padding !== 'VALID') {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} has no padding '${String(padding)}'. Use 'SAME', 'VALID' or pairs of numbers.`,
      );
    }
    if (outputShape !== undefined) {
      this.outputShape = replicate(this, outputShape, numSpatialDims, 'outputShape');
      if (typeof padding !== 'string') {
        throw new TankaError(
          'layer-options',
          `${nameOf(this)} has an outputShape, which goes with the padding 'SAME' or 'VALID', but got ${JSON.stringify(padding)}.`,
        );
      }
    }
    this.channelIndex = channelIndexOf(this, dataFormat);
  }

  /**
   * @param x `[N, ...spatial, C]`, or with channels first `[N, C, ...spatial]`; `N` may be left out
   * @returns `[N, ...outputs, outputChannels]`, or as the input is laid out
   * @throws `input-rank`, `input-dtype`; `input-shape` when `outputShape` cannot come from the input; `layer-options` for a mask of another
   * shape than `w`
   */
  call<R extends Rank>(x: Tensor<R>): Tensor<R> {
    const { wInit, mask } = this.options;
    checkSpatialInput(this, x, this.numSpatialDims, this.channelIndex);
    const channelsFirst = this.channelIndex === 1;
    const inputChannels = x.shape.at(channelsFirst ? -this.numSpatialDims - 1 : -1) as number;
    const stddev = 1 / Math.sqrt(product([...this.kernelShape, inputChannels]));
    const init = wInit ?? truncatedNormal({ stddev });
    const wShape = [...this.kernelShape, this.outputChannels, inputChannels];
    const w = masked(this, getParameter('w', wShape, { dtype: x.dtype, init }), mask);
    return inBatch(x, this.numSpatialDims, (batch) => {
      const out = transposedConvolution(batch, w, {
        strides: this.strides,
        padding: this.#paddingOf(channelsFirst ? batch.shape.slice(2) : batch.shape.slice(1, -1), x),
        channelAxis: this.channelIndex,
      });
      return addBias(out, this.channelIndex, this.options);
    }) as Tensor<R>;
  }

  #paddingOf(spatial: readonly number[], x: Tensor): PaddingPair[] {
    const { padding = 'SAME' } = this.options;
    if (typeof padding !== 'string') return createFromTuple(padding, this.numSpatialDims);
    const { outputShape } = this;
    return this.kernelShape.map((kernel, i) =>
      outputShape === undefined
        ? transposedPadding(padding, kernel, this.strides[i])
        : adjustedPadding(this, x, {
            inputSize: spatial[i],
            outputSize: outputShape[i],
            kernelSize: kernel,
            stride: this.strides[i],
            padding,
          }),
    );
  }
}

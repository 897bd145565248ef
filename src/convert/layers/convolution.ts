import { pad, slice, tile, expandDims, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { depthwise, turned, weightAndBias } from '../../checkpoint/key-maps/rules.js';
import { ConvND } from '../../nn/conv-nd.js';
import { ConvNDTranspose } from '../../nn/conv-nd-transpose.js';
import { DepthwiseConv2D } from '../../nn/depthwise-conv2d.js';
import * as padding from '../../nn/pad.js';
import { activationOf } from '../activations.js';
import type { LayerConfig } from '../layer-config.js';
import { plain, within, type LayerDefinition } from '../layer-definition.js';

/** What all convolutions of `rank` spatial axes share, as options of Haiku's. */
function options(config: LayerConfig, rank: number) {
  const shared = {
    stride: config.numbers('strides', rank, 1),
    withBias: config.flag('use_bias', true),
    dataFormat: dataFormat(config),
    name: config.moduleName,
  };
  return { ...shared, padding: paddingOf(config) };
}

/** `channels_last` or `channels_first`. */
export function dataFormat(config: LayerConfig): 'channels_last' | 'channels_first' {
  config.only('data_format', 'channels_last', ['channels_last', 'channels_first']);
  return config.text('data_format', 'channels_last') as 'channels_last';
}

function paddingOf(config: LayerConfig) {
  config.only('padding', 'valid', ['same', 'valid', 'causal']);
  const name = config.text('padding', 'valid');
  return name === 'causal' ? padding.causal : name === 'same' ? ('SAME' as const) : ('VALID' as const);
}

function convolution(rank: number): LayerDefinition {
  return {
    build: (config) => {
      config.only('groups', 1, [1]);
      const conv = new ConvND(rank, config.number('filters'), config.numbers('kernel_size', rank), {
        ...options(config, rank),
        rate: config.numbers('dilation_rate', rank, 1),
      });
      const activation = activationOf(config);
      return ([x]) => activation(conv.call(x));
    },
    weights: (config, { get, has }) => within(config.moduleName, weightAndBias('kernel', 'bias')(get, has)),
  };
}

function transposed(rank: number): LayerDefinition {
  return {
    build: (config) => {
      config.only('padding', 'valid', ['same', 'valid']);
      if (config.has('output_padding')) throw config.unsupported('it has an output_padding');
      if (config.numbers('dilation_rate', rank, 1).some((rate) => rate !== 1)) {
        throw config.unsupported('its window is dilated');
      }
      const kernel = config.numbers('kernel_size', rank);
      const strides = config.numbers('strides', rank, 1);
      const { padding: _, ...shared } = options(config, rank);
      const same = config.text('padding', 'valid') === 'same';
      const conv = new ConvNDTranspose(rank, config.number('filters'), kernel, {
        ...shared,
        // Keras cuts what it pads in the convolution whose gradient this is; Haiku pads the input with holes.
        padding: kernel.map((size, i) => transposedPadding(size, strides[i], same)),
      });
      const activation = activationOf(config);
      return ([x]) => activation(conv.call(x));
    },
    weights: (config, { get, has }) =>
      within(config.moduleName, weightAndBias('kernel', 'bias', turned)(get, has)),
  };
}

/** Zeros before and after the spread input. */
function transposedPadding(size: number, stride: number, same: boolean): [number, number] {
  if (!same) return [size - 1, size - 1 + Math.max(stride - size, 0)];
  const cut = Math.max(size - stride, 0);
  const before = Math.floor(cut / 2);
  return [size - 1 - before, size - 1 - (cut - before) + Math.max(stride - size, 0)];
}

const depthwiseConv: LayerDefinition = {
  build: (config) => {
    const conv = new DepthwiseConv2D(config.number('depth_multiplier', 1), config.numbers('kernel_size', 2), {
      ...options(config, 2),
      rate: config.numbers('dilation_rate', 2, 1),
    });
    const activation = activationOf(config);
    return ([x]) => activation(conv.call(x));
  },
  weights: (config, { get, has }) =>
    within(
      config.moduleName,
      weightAndBias(has('kernel') ? 'kernel' : 'depthwise_kernel', 'bias', depthwise)(get, has),
    ),
};

/** A depthwise convolution and one of single cells after it, each a module. */
const separable: LayerDefinition = {
  build: (config) => {
    const shared = options(config, 2);
    const each = new DepthwiseConv2D(config.number('depth_multiplier', 1), config.numbers('kernel_size', 2), {
      ...shared,
      rate: config.numbers('dilation_rate', 2, 1),
      withBias: false,
      name: `${config.moduleName}_depthwise`,
    });
    const mix = new ConvND(2, config.number('filters'), 1, {
      withBias: shared.withBias,
      dataFormat: shared.dataFormat,
      name: `${config.moduleName}_pointwise`,
    });
    const activation = activationOf(config);
    return ([x]) => activation(mix.call(each.call(x)));
  },
  weights: (config, { get, has }) => ({
    [`${config.moduleName}_depthwise/w`]: depthwise(get('depthwise_kernel')),
    ...within(`${config.moduleName}_pointwise`, weightAndBias('pointwise_kernel', 'bias')(get, has)),
  }),
};

/** Applies `f` to the spatial axes of an input: their index, and the number of the axis in the list of the configuration. */
function spatially(config: LayerConfig, f: (x: Tensor, axis: number, i: number) => Tensor) {
  const first = dataFormat(config) === 'channels_first' ? 2 : 1;
  return (x: Tensor): Tensor => [0, 1].reduce((y, i) => f(y, first + i, i), x);
}

/** Convolutions, and what is done to images between them. */
export const convolutionLayers: Readonly<Record<string, LayerDefinition>> = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  Conv3D: convolution(3),
  Conv2DTranspose: transposed(2),
  Conv3DTranspose: transposed(3),
  DepthwiseConv2D: depthwiseConv,
  SeparableConv2D: separable,
  ZeroPadding2D: plain((config) => {
    const pairs = config.pairs('padding', 2);
    return spatially(config, (x, axis, i) =>
      pad(
        x,
        x.shape.map((_, at): [number, number] => (at === axis ? pairs[i] : [0, 0])),
      ),
    );
  }),
  Cropping2D: plain((config) => {
    const pairs = config.pairs('cropping', 2);
    return spatially(config, (x, axis, i) => {
      const begin = x.shape.map((_, at) => (at === axis ? pairs[i][0] : 0));
      const size = x.shape.map((all, at) => (at === axis ? all - pairs[i][0] - pairs[i][1] : all));
      return slice(x, begin, size);
    });
  }),
  UpSampling2D: plain((config) => {
    config.only('interpolation', 'nearest', ['nearest']);
    const factors = config.numbers('size', 2, 2);
    return spatially(config, (x, axis, i) => {
      const repeats = new Array<number>(x.rank + 1).fill(1);
      repeats[axis + 1] = factors[i];
      const shape = x.shape.map((size, at) => (at === axis ? size * factors[i] : size));
      return reshape(tile(expandDims(x, axis + 1), repeats), shape);
    });
  }),
};

import { module } from '../module/decorators.js';
import { channelIndexOf } from './channel-index.js';
import { LayerNorm, type LayerNormOptions } from './layer-norm.js';

/** Options of {@link InstanceNorm}. */
export interface InstanceNormOptions extends Omit<
  LayerNormOptions,
  'axis' | 'paramAxis' | 'useFastVariance'
> {
  /** Where the channels are: see `hk.getChannelIndex`. Default `'channels_last'`. */
  readonly dataFormat?: string;
}

/**
 * {@link LayerNorm} over the spatial axes, with parameters for the channels: `[C]`, with channels first `[1, C, 1, …]`.
 */
@module('instance_norm', { className: 'InstanceNorm', defaults: { eps: 1e-5, dataFormat: 'channels_last' } })
export class InstanceNorm extends LayerNorm {
  /** @throws `layer-options` */
  constructor({ dataFormat = 'channels_last', ...options }: InstanceNormOptions) {
    const paramAxis = channelIndexOf('hk.InstanceNorm', dataFormat);
    super({ ...options, axis: paramAxis === 1 ? { start: 2 } : { start: 1, stop: -1 }, paramAxis });
  }
}

import { layer } from '../module/layer.js';
import { channelIndexOf } from './channel-index.js';
import { checkOptions } from './option-checks.js';
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
@layer('InstanceNorm', [], { eps: 1e-5, dataFormat: 'channels_last' })
export class InstanceNorm extends LayerNorm {
  /** @throws `layer-options` */
  constructor(options: InstanceNormOptions) {
    checkOptions('hk.InstanceNorm', options);
    const { dataFormat = 'channels_last', ...rest } = options;
    const paramAxis = channelIndexOf('hk.InstanceNorm', dataFormat);
    super({ ...rest, axis: paramAxis === 1 ? { start: 2 } : { start: 1, stop: -1 }, paramAxis });
  }
}

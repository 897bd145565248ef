import { TankaError } from '../errors/tanka-error.js';
import { nameOf, type LayerName } from './input-checks.js';

const SPATIAL_CHANNELS_FIRST = /^NC[^C]*$/;
const SPATIAL_CHANNELS_LAST = /^N[^C]*C$/;
const SEQUENTIAL = /^(BT|TB)[^D]*D$/;

/** @throws `layer-options` */
export function channelIndexOf(layer: LayerName, dataFormat: string): 1 | -1 {
  if (dataFormat === 'channels_first' || SPATIAL_CHANNELS_FIRST.test(dataFormat)) return 1;
  const last = [SPATIAL_CHANNELS_LAST, SEQUENTIAL].some((format) => format.test(dataFormat));
  if (dataFormat === 'channels_last' || last) return -1;
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} got the data format '${dataFormat}', which does not say where channels are. ` +
      "Use 'channels_first', 'channels_last', or letters such as 'NCHW' or 'BTHWD'.",
  );
}

/**
 * The axis of the channels, `1` or `-1`, in a data format: `channels_first`, `channels_last`, or one letter an axis such as
 * `NCHW`, `NWC` or `BTHWD`.
 *
 * @throws `layer-options` for any other
 */
export function getChannelIndex(dataFormat: string): 1 | -1 {
  return channelIndexOf('hk.getChannelIndex', dataFormat);
}

import type { Tensor } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import {
  composeKeyMaps,
  fromKeras,
  loadInto,
  renameKeys,
  type Checkpoint,
  type KerasLayers,
  type KeyMap,
} from 'tanka/checkpoint';
import { efficientNetLite0, IMAGE_SIZE } from './model.js';

/** The names of the recorded arrays that differ from those of Keras' layers, whose layouts they have. */
const kerasNames = renameKeys([
  [/_bn\/scale$/, '_bn/gamma'],
  [/_bn\/offset$/, '_bn/beta'],
  [/depthwise_conv\/w$/, 'depthwise_conv/kernel'],
]);

/** The layers among the recorded arrays that are laid out other than Haiku's: batch norms and depthwise convolutions. */
function layersOf(keys: Iterable<string>): KerasLayers {
  const layers: Record<string, KerasLayers[string]> = {};
  for (const key of keys) {
    const module = key.slice(0, key.lastIndexOf('/'));
    if (module.endsWith('_bn')) layers[module] = { kind: 'batchNorm', to: module };
    if (module.endsWith('depthwise_conv')) layers[module] = { kind: 'depthwiseConv', to: module };
  }
  return layers;
}

const recorded: KeyMap = (arrays) => composeKeyMaps(kerasNames, fromKeras(layersOf(arrays.keys())))(arrays);

/**
 * Parameters and state of {@link efficientNetLite0} from its recorded weights, which stay as they are. The result is the caller's.
 *
 * @throws `checkpoint-mismatch` for weights of another network
 */
export function efficientNetLite0Weights(checkpoint: Checkpoint): { params: hk.Params; state: hk.State } {
  const images = { shape: [1, IMAGE_SIZE, IMAGE_SIZE, 3], dtype: 'float32' as const };
  const [params, state] = hk.evalShape(efficientNetLite0.init, hk.random.key(0), images, true);
  // One template for both, so that an array that belongs to neither is reported.
  const loaded = loadInto(hk.dataStructures.merge(params, state), checkpoint, { map: recorded });
  const [loadedParams, loadedState] = hk.dataStructures.partition<Tensor>(
    (module) => module in params,
    loaded,
  );
  return { params: loadedParams, state: loadedState };
}

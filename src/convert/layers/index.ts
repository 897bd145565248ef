import { reshape } from '@tensorflow/tfjs-core';
import type { LayerConfig } from '../layer-config.js';
import type { LayerDefinition } from '../layer-definition.js';
import { convolutionLayers } from './convolution.js';
import { coreLayers } from './core.js';
import { mergeLayers } from './merge.js';
import { normalizationLayers } from './normalization.js';
import { poolingLayers } from './pooling.js';
import { preluLayers } from './prelu.js';
import { recurrentLayers } from './recurrent.js';

/** A layer applied to each step of a sequence, as a batch. */
const timeDistributed: LayerDefinition = {
  build: (config) => {
    const inner = config.inner('layer');
    const apply = definitionOf(inner).build(inner);
    return ([x], isTraining) => {
      const [batch, length, ...rest] = x.shape;
      const y = apply([reshape(x, [batch * length, ...rest])], isTraining);
      return reshape(y, [batch, length, ...y.shape.slice(1)]);
    };
  },
  weights: (config, arrays) => {
    const inner = config.inner('layer');
    return definitionOf(inner).weights?.(inner, arrays) ?? {};
  },
};

const definitions: Readonly<Record<string, LayerDefinition>> = {
  ...coreLayers,
  ...convolutionLayers,
  ...poolingLayers,
  ...mergeLayers,
  ...normalizationLayers,
  ...preluLayers,
  ...recurrentLayers,
  TimeDistributed: timeDistributed,
};

/**
 * How a layer is converted.
 *
 * @throws `convert-layer-unsupported` for a class of layers that has no counterpart
 */
export function definitionOf(config: LayerConfig): LayerDefinition {
  if (!Object.hasOwn(definitions, config.className)) {
    throw config.unsupported(`there is no counterpart of ${config.className}`);
  }
  return definitions[config.className];
}

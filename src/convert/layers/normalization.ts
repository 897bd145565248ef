import { both, movingAverages, scaleAndOffset } from '../../checkpoint/key-maps/rules.js';
import { BatchNorm } from '../../nn/batch-norm.js';
import { LayerNorm } from '../../nn/layer-norm.js';
import type { LayerConfig } from '../layer-config.js';
import { within, type LayerDefinition } from '../layer-definition.js';

/** The one axis of a norm, which files have as a number or as a list of one. */
function axisOf(config: LayerConfig): number {
  const axis = config.raw('axis');
  if (Array.isArray(axis) && axis.length > 1) throw config.unsupported(`its axes are ${axis.join(', ')}`);
  return config.numbers('axis', 1, -1)[0];
}

const batchNormalization: LayerDefinition = {
  build: (config) => {
    const axis = axisOf(config);
    const norm = (first: boolean): BatchNorm =>
      new BatchNorm({
        createScale: config.flag('scale', true),
        createOffset: config.flag('center', true),
        decayRate: config.number('momentum', 0.99),
        eps: config.number('epsilon', 1e-3),
        dataFormat: first ? 'channels_first' : 'channels_last',
        name: config.moduleName,
      });
    let made: BatchNorm | undefined;
    return ([x], isTraining) => {
      const last = axis === -1 || axis === x.rank - 1;
      if (!last && axis !== 1) throw config.unsupported(`its axis is ${axis} of ${x.rank}`);
      made ??= norm(!last);
      return made.call(x, isTraining);
    };
  },
  // In the rank of a vector; they are brought into that of the input later.
  weights: (config, { get, has }) =>
    within(
      config.moduleName,
      both(scaleAndOffset('gamma', 'beta'), movingAverages('moving_mean', 'moving_variance', 1))(get, has),
    ),
};

const layerNormalization: LayerDefinition = {
  build: (config) => {
    const axis = axisOf(config);
    const norm = new LayerNorm({
      axis: -1,
      createScale: config.flag('scale', true),
      createOffset: config.flag('center', true),
      eps: config.number('epsilon', 1e-3),
      name: config.moduleName,
    });
    return ([x]) => {
      if (axis !== -1 && axis !== x.rank - 1) throw config.unsupported(`its axis is ${axis} of ${x.rank}`);
      return norm.call(x);
    };
  },
  weights: (config, { get, has }) => within(config.moduleName, scaleAndOffset('gamma', 'beta')(get, has)),
};

/** Norms. */
export const normalizationLayers: Readonly<Record<string, LayerDefinition>> = {
  BatchNormalization: batchNormalization,
  BatchNormalizationV1: batchNormalization,
  LayerNormalization: layerNormalization,
};

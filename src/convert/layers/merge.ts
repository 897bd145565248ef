import { add, addN, concat, div, maximum, minimum, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerDefinition } from '../layer-definition.js';

function merged(combine: (a: Tensor, b: Tensor) => Tensor): LayerDefinition {
  return {
    build: () => (inputs) => inputs.reduce((a, b) => combine(a, b)),
  };
}

/** Layers of several inputs. */
export const mergeLayers: Readonly<Record<string, LayerDefinition>> = {
  Add: merged(add),
  Subtract: merged(sub),
  Multiply: merged(mul),
  Maximum: merged(maximum),
  Minimum: merged(minimum),
  Average: { build: () => (inputs) => div(addN([...inputs]), inputs.length) },
  Concatenate: {
    build: (config) => {
      const axis = config.number('axis', -1);
      return (inputs) => concat([...inputs], axis);
    },
  },
};

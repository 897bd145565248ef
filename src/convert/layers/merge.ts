import { add, concat, div, expandDims, maximum, minimum, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerDefinition } from '../layer-definition.js';

/** Inputs of fewer axes get those that they lack behind the batch, as in Keras. */
function ofOneRank(inputs: readonly Tensor[]): Tensor[] {
  const rank = Math.max(...inputs.map((x) => x.rank));
  return inputs.map((x) => Array.from({ length: rank - x.rank }).reduce<Tensor>((y) => expandDims(y, 1), x));
}

function merged(combine: (a: Tensor, b: Tensor) => Tensor): LayerDefinition {
  return {
    build: () => (inputs) => ofOneRank(inputs).reduce((a, b) => combine(a, b)),
  };
}

/** Layers of several inputs. */
export const mergeLayers: Readonly<Record<string, LayerDefinition>> = {
  Add: merged(add),
  Subtract: merged(sub),
  Multiply: merged(mul),
  Maximum: merged(maximum),
  Minimum: merged(minimum),
  Average: {
    build: () => (inputs) =>
      div(
        ofOneRank(inputs).reduce((a, b) => add(a, b)),
        inputs.length,
      ),
  },
  Concatenate: {
    build: (config) => {
      const axis = config.number('axis', -1);
      return (inputs) => concat([...inputs], axis);
    },
  },
};

import type { Tensor } from '@tensorflow/tfjs-core';
import { LayersModel, Sequential, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { TankaError } from '../../errors/tanka-error.js';
import { leaves, type Tree } from '../../tree/tree.js';
import { numbersToTensors, type TypedArray } from './inputs.js';
import type { WrapperLayer } from './wrapper-layer.js';

/** Numbers that become a tensor: `[[1, 2], [3, 4]]`. */
export type NumberArray = number | readonly NumberArray[];

/** What a layer can be applied to at once. */
export type Values = Tree<Tensor | TypedArray | NumberArray>;

/**
 * Composes a layer with `object`, as the R interface of Keras does. A layer that nobody can reach afterwards is freed: one that was
 * applied to values, and one whose composition failed.
 *
 * @returns the layer for `null`, the model for a sequential model, else what the layer returns for `object`
 * @throws `wrapper-inputs-invalid` for a model that is not sequential
 */
export function compose(object: unknown, layer: WrapperLayer): unknown {
  if (object === null || object === undefined) return layer;
  let reachable = false;
  const made: Tensor[] = [];
  try {
    if (object instanceof LayersModel && !(object instanceof Sequential)) {
      throw new TankaError(
        'wrapper-inputs-invalid',
        'A layer can be added to a sequential model, but this model is a functional one. Apply the layer to a symbolic tensor of it instead, such as model.outputs[0].',
      );
    }
    if (object instanceof Sequential) {
      object.add(layer);
      reachable = true;
      return object;
    }
    const outputs = layer.apply<unknown>(numbersToTensors(object, made) as Tree<SymbolicTensor>);
    reachable = leaves<unknown>(outputs).some((leaf) => leaf instanceof SymbolicTensor);
    return outputs;
  } finally {
    for (const tensor of made) tensor.dispose();
    if (!reachable && layer.ownsWeights) layer.dispose();
  }
}

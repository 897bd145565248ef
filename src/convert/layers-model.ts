import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { module } from '../module/decorators.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { invalidModel } from './layer-config.js';
import { definitionOf } from './layers/index.js';
import type { LayerNode, Reference, Topology } from './topology.js';

/** What a layer, or a model within, computes: all its outputs. */
type Evaluate = (inputs: readonly Tensor[], isTraining: boolean) => readonly Tensor[];

function evaluateOf({ config, nested }: LayerNode): Evaluate {
  if (nested !== undefined) {
    const model = new LayersModule(nested, { name: config.moduleName });
    return (inputs, isTraining) => [model.call([...inputs], isTraining)].flat();
  }
  const apply = definitionOf(config).build(config);
  return (inputs, isTraining) => [apply(inputs, isTraining)];
}

/** The call that a reference means: a model within counts its own building as its first. */
function callOf({ calls, nested, config }: LayerNode, { call }: Reference): readonly Reference[] {
  const found = nested === undefined ? calls.at(call) : (calls.at(call - 1) ?? calls.at(call));
  if (found === undefined || call > calls.length) {
    throw invalidModel(`it refers to call ${call} of the layer '${config.name}', which has ${calls.length}`);
  }
  return found;
}

/**
 * A model of layers as one module. Each layer that has parameters is a submodule of the layer's name, with the parameters of its
 * counterpart in Haiku.
 */
@module('layers_model')
export class LayersModule extends Module {
  /** @param topology of the model */
  constructor(
    private readonly topology: Topology,
    options: ModuleOptions = {},
  ) {
    super(options);
  }

  /**
   * @param inputs one tensor, or one for each input of the model
   * @param isTraining drops out, and takes the statistics of the batch in batch norms. Default `false`
   * @returns one tensor, or one for each output of the model
   */
  call(inputs: Tensor | readonly Tensor[], isTraining = false): Tensor | Tensor[] {
    const { topology } = this;
    const given = Array.isArray(inputs) ? (inputs as readonly Tensor[]) : [inputs as Tensor];
    if (given.length !== topology.inputs.length) {
      throw new TankaError(
        'convert-model-invalid',
        `The model '${topology.name}' has ${topology.inputs.length} inputs but got ${given.length}. Pass one tensor for each: ` +
          `[${topology.inputs.map(({ layer }) => layer).join(', ')}].`,
      );
    }
    const evaluates = new Map<string, Evaluate>();
    for (const [name, node] of topology.layers) {
      if (node.config.className !== 'InputLayer') evaluates.set(name, evaluateOf(node));
    }

    const results = new Map<string, readonly Tensor[] | undefined>();
    topology.inputs.forEach(({ layer }, i) => results.set(`${layer} 0`, [given[i]]));
    const resolve = (reference: Reference): Tensor => {
      const { layer, call, output } = reference;
      const key = `${layer} ${call}`;
      if (!results.has(key)) {
        const node = topology.layers.get(layer) as LayerNode;
        const evaluate = evaluates.get(layer);
        if (evaluate === undefined)
          throw invalidModel(`the input layer '${layer}' is no input of '${topology.name}'`);
        // Until it has its results, a layer that needs them itself is part of a ring.
        results.set(key, undefined);
        results.set(key, evaluate(callOf(node, reference).map(resolve), isTraining));
      }
      const outputs = results.get(key);
      if (outputs === undefined) throw invalidModel(`the layer '${layer}' depends on itself`);
      const result = outputs.at(output);
      if (result === undefined) throw invalidModel(`the layer '${layer}' has no output ${output}`);
      return result;
    };
    const outputs = topology.outputs.map(resolve);
    return outputs.length === 1 ? outputs[0] : outputs;
  }
}

import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayerConfig } from './layer-config.js';

/** What a layer computes from its inputs. */
export type LayerFunction = (inputs: readonly Tensor[], isTraining: boolean) => Tensor;

/** The arrays of one layer by their names within it. */
export interface LayerArrays {
  get(this: void, name: string): Tensor;
  has(this: void, name: string): boolean;
}

/** How a class of layers is converted. */
export interface LayerDefinition {
  /** Makes the layer's modules, within a transform, and returns what they compute. */
  readonly build: (config: LayerConfig) => LayerFunction;
  /** The layer's arrays as entries `module/parameter` of modules beside each other; without it, the layer has none. */
  readonly weights?: (config: LayerConfig, arrays: LayerArrays) => Readonly<Record<string, Tensor>>;
}

/** A layer of one input and no arrays. */
export function plain(make: (config: LayerConfig) => (x: Tensor) => Tensor): LayerDefinition {
  return {
    build: (config) => {
      const f = make(config);
      return ([x]) => f(x);
    },
  };
}

/** Puts a module's name before the names of its arrays. */
export function within(module: string, entries: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [`${module}/${name}`, value]));
}

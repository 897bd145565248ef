import { prelu, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { module } from '../../module/decorators.js';
import { Module, type ModuleOptions } from '../../module/module.js';
import { getParameter } from '../../module/parameters.js';
import { within, type LayerDefinition } from '../layer-definition.js';

/** Options of {@link PReLU}. */
interface PReLUOptions extends ModuleOptions {
  /** Axes, from 1 on, along which one slope serves. */
  readonly sharedAxes: readonly number[];
}

/** A rectifier whose slope below zero is learned. Parameter: `alpha`, of the input's shape without batch. */
@module('prelu')
class PReLU extends Module {
  constructor(private readonly options: PReLUOptions) {
    super(options);
  }

  call(x: Tensor): Tensor {
    const { sharedAxes } = this.options;
    const shape = x.shape.slice(1).map((size, i) => (sharedAxes.includes(i + 1) ? 1 : size));
    return prelu(x, getParameter('alpha', shape, { dtype: x.dtype, init: zeros }));
  }
}

/** The rectifier with learned slopes. */
export const preluLayers: Readonly<Record<string, LayerDefinition>> = {
  PReLU: {
    build: (config) => {
      const sharedAxes = config.has('shared_axes') ? config.shape('shared_axes') : [];
      const prelu = new PReLU({ sharedAxes, name: config.moduleName });
      return ([x]) => prelu.call(x);
    },
    weights: (config, { get }) => within(config.moduleName, { alpha: get('alpha') }),
  },
};

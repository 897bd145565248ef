import type { Tensor } from '@tensorflow/tfjs-core';
import { layer } from '../module/layer.js';
import { Module, type ModuleOptions } from '../module/module.js';
import { checkFunction, checkedList } from './option-checks.js';

/** What stands in a list of layers: a function, or anything with a `call` method (modules, `BatchApply`, `Deferred`). */
export type Layer =
  | ((...args: never[]) => unknown)
  | {
      /** Applies the layer. */
      call(...args: never[]): unknown;
    };

/** Applies a {@link Layer}. */
export function applyLayer(layer: Layer, args: readonly unknown[]): unknown {
  return typeof layer === 'function' ? layer(...(args as never[])) : layer.call(...(args as never[]));
}

/** @throws `layer-options` for what is neither a function nor has a `call` method */
export function checkLayers(module: Module, layers: readonly Layer[]): void {
  layers.forEach((layer, i) => checkFunction(module, `layer ${i}`, layer, { orCall: true }));
}

/**
 * Applies layers one after the other. Has no parameters of its own, and layers made before it keep their own names.
 */
@layer('Sequential', ['layers'])
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  /** @throws `layer-options` for a layer that is neither a function nor has a `call` method */
  constructor(layers: Iterable<Layer>, options: ModuleOptions = {}) {
    super(options);
    this.layers = checkedList(this, 'layers', layers);
    checkLayers(this, this.layers);
  }

  /**
   * @param x input of the first layer
   * @param rest further arguments of the first layer; the others get the output of the one before alone
   * @returns the output of the last layer; `x` when there is none
   */
  call<Output = Tensor>(x: unknown, ...rest: unknown[]): NoInfer<Output> {
    const [first, ...others] = this.layers;
    if (first === undefined) return x as NoInfer<Output>;
    return others.reduce<unknown>(
      (y, layer) => applyLayer(layer, [y]),
      applyLayer(first, [x, ...rest]),
    ) as NoInfer<Output>;
  }
}

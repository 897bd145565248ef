import { clone, keep, type Tensor } from '@tensorflow/tfjs-core';
import { dispose, mapTensors } from '../tree/tree.js';
import { withInterceptor } from './interceptors.js';
import type { Module } from './module.js';

/** What modules returned, by their names: one entry for each call, in the order in which the calls ended. */
export type Captured<Output = Tensor> = Record<string, Output[]>;

/**
 * Runs `f` and collects what the modules called in it return; beyond Haiku. Works inside a transformed function, where
 * gradients flow through what was captured, and around calls of `apply` and `init`:
 * `hk.capture(() => model.apply(params, null, x))`.
 *
 * @param filter which modules are captured. Default: all.
 * @returns the result of `f`, and the outputs of the modules' `call` by module name; all of it is the caller's
 */
export function capture<R, Output = Tensor>(
  f: () => R,
  filter: (moduleName: string, module: Module) => boolean = () => true,
): [result: R, captured: Captured<Output>] {
  const kept: [moduleName: string, output: unknown][] = [];
  try {
    const result = withInterceptor((next, args, { module, methodName }) => {
      const output = next(...args);
      if (methodName === 'call' && filter(module.moduleName, module)) {
        // Kept copies: the scope that the call runs in may end before this function does.
        kept.push([module.moduleName, mapTensors((x) => keep(clone(x)), output)]);
      }
      return output;
    }, f);
    const captured: Captured<Output> = {};
    for (const [moduleName, output] of kept) {
      (captured[moduleName] ??= []).push(mapTensors(clone, output) as Output);
    }
    return [result, captured];
  } finally {
    dispose(kept.map(([, output]) => output));
  }
}

import { readFileSync } from 'node:fs';
import { ones, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from '../../../src/index.js';
import { JaxLayer, signature, type JaxLayerOptions, type ModelArgument } from '../../../src/wrapper/index.js';

interface KerasRecord {
  readonly id: string;
  readonly raises: boolean;
  readonly message?: string;
  readonly warnings?: readonly { readonly message: string }[];
}

/** What Keras did. */
export const records = JSON.parse(
  readFileSync(new URL('../../goldens/wrapper/errors.json', import.meta.url), 'utf8'),
) as KerasRecord[];

/** What this library does where Keras did what the record says. */
export type Case =
  | { readonly throws: string; readonly sameText?: true; readonly when: (x: Tensor2D) => unknown }
  | { readonly works: (x: Tensor2D) => unknown };

/** Cases by the name of the record. */
export type Cases = Readonly<Record<string, Case>>;

/** A function with the argument names that a case is about, wrong ones too. */
export function named(
  names: readonly string[],
  fn: (...args: never[]) => unknown,
): (...args: never[]) => unknown {
  return signature(names as readonly ModelArgument[], fn);
}

export const identity = named(['params', 'inputs'], (_params: unknown, inputs: Tensor) => inputs);

export const passing = named(['params', 'state', 'inputs'], (_p: unknown, state: unknown, inputs: Tensor) => [
  inputs,
  state,
]);

export const withKey = named(
  ['params', 'rng', 'inputs'],
  (_p: unknown, _rng: unknown, inputs: Tensor) => inputs,
);

/** A layer of options that may be wrong. */
export function make(options: unknown): JaxLayer {
  return new JaxLayer(options as JaxLayerOptions);
}

/** Makes a layer, applies it, frees all. */
export function run(
  options: unknown,
  inputs: unknown,
  check: (output: Tensor, layer: JaxLayer) => void = () => undefined,
): void {
  const layer = make(options);
  try {
    const output = layer.apply(inputs as Tensor);
    check(output, layer);
    hk.tree.dispose(output);
  } finally {
    layer.dispose();
  }
}

/** The state that a model returns, against the one that the layer has. */
export function returning(
  returned: () => unknown,
  options: { state?: unknown; name?: string },
): (x: Tensor2D) => void {
  return (x) => {
    const callFn = named(['params', 'state', 'inputs'], (_p: unknown, _s: unknown, inputs: Tensor) => [
      inputs,
      returned(),
    ]);
    run({ callFn, params: {}, ...options }, x);
  };
}

/** A new state of one array. */
export function listOfOne(): unknown {
  return { state: [ones([])] };
}

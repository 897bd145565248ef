import type { Tensor } from '@tensorflow/tfjs-core';
import { goldenCases, goldenTensor, type ArrayReference, type GoldenArray } from '../../support/goldens.js';
import { buildModule, callModule, type GoldenArguments } from './build.js';
import type { LayerCase } from './descriptor.js';

/** A nesting of references to golden arrays, as the generator wrote it. */
export type GoldenTree =
  ArrayReference | null | boolean | number | string | GoldenTree[] | { [key: string]: GoldenTree };

/** Parameters or state by module name, then name. */
export type GoldenBundles = Record<string, Record<string, ArrayReference>>;

/** A case that was run in dm-haiku. */
export interface GoldenCase {
  readonly id: string;
  readonly seed: number;
  readonly apply_seed?: number;
  readonly inputs: readonly ArrayReference[];
  readonly params: GoldenBundles;
  readonly state: GoldenBundles;
  readonly steps: readonly { readonly output: GoldenTree; readonly state: GoldenBundles }[];
  readonly grads?:
    false | { readonly params: GoldenBundles; readonly inputs: Record<string, ArrayReference> };
}

/** A golden of one module of `layers.json` or `nets.json`. */
export interface ModuleGoldenCase extends GoldenCase {
  readonly module: string;
  readonly args: GoldenArguments;
  readonly call?: GoldenArguments;
  readonly init_call?: GoldenArguments;
}

/** Names and shapes of a full-size network. */
export interface ShapesGoldenCase {
  readonly id: string;
  readonly module: string;
  readonly args: GoldenArguments;
  readonly input: number[];
  readonly param_shapes: Record<string, Record<string, number[]>>;
  readonly state_shapes: Record<string, Record<string, number[]>>;
}

/** A case with the golden that it must equal. */
export interface GoldenLayerCase extends LayerCase {
  readonly golden: GoldenCase;
  readonly arrays: ReadonlyMap<string, GoldenArray>;
}

/** The array of a golden. */
export function arrayOf(arrays: ReadonlyMap<string, GoldenArray>, reference: ArrayReference): GoldenArray {
  const array = arrays.get(reference.$t);
  if (array === undefined) throw new Error(`The golden has no array '${reference.$t}'.`);
  // The file holds booleans as bytes; the case says what they were.
  return reference.dtype === 'bool' ? { ...array, dtype: 'BOOL' } : array;
}

/** A golden with a way to run it. */
export function goldenLayerCase(
  golden: GoldenCase,
  arrays: ReadonlyMap<string, GoldenArray>,
  run: LayerCase['run'],
): GoldenLayerCase {
  return {
    id: golden.id,
    run,
    inputs: (): Tensor[] =>
      golden.inputs.map((reference) =>
        // The file holds scalars as vectors of one.
        goldenTensor({ ...arrayOf(arrays, reference), shape: reference.shape }),
      ),
    seed: golden.seed,
    ...(golden.apply_seed === undefined ? {} : { applySeed: golden.apply_seed }),
    golden,
    arrays,
  };
}

function isShapesCase(golden: ModuleGoldenCase | ShapesGoldenCase): golden is ShapesGoldenCase {
  return 'param_shapes' in golden;
}

const files = ['layers', 'nets', 'spatial', 'edges'].map((name) =>
  goldenCases<ModuleGoldenCase | ShapesGoldenCase>(name),
);

/** The goldens of single modules, with the name of their class. */
export const moduleGoldens: readonly { module: string; layerCase: GoldenLayerCase }[] = files.flatMap(
  ({ cases, arrays }) =>
    cases
      .filter((golden) => !isShapesCase(golden))
      .map((golden) => {
        const { module, args, call = {}, init_call = {} } = golden as ModuleGoldenCase;
        const run: LayerCase['run'] = (hk, inputs) =>
          callModule(
            hk,
            buildModule(hk, module, args),
            inputs,
            hk.runningInit() ? { ...call, ...init_call } : call,
          );
        return { module, layerCase: goldenLayerCase(golden as ModuleGoldenCase, arrays, run) };
      }),
);

/** Names and shapes of the full-size networks. */
export const shapesGoldens: readonly ShapesGoldenCase[] = files.flatMap(({ cases }) =>
  cases.filter(isShapesCase),
);

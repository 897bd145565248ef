import { reshape, type io, type Tensor } from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../checkpoint/keys.js';
import { loadInto } from '../checkpoint/load-into.js';
import { loadTfjsWeights } from '../checkpoint/tfjs-weights.js';
import { TankaError } from '../errors/tanka-error.js';
import type { Params, State } from '../module/frame.js';
import { evalShape } from '../transform/eval-shape.js';
import { transformWithState } from '../transform/transform.js';
import { tidyOwned } from '../tree/owned.js';
import { LayersModule } from './layers-model.js';
import { definitionOf } from './layers/index.js';
import { LayerConfig } from './layer-config.js';
import { inputShapes, readTopology, type Topology } from './topology.js';

/** A model of layers as tanka has it. */
export interface ConvertedModel {
  /** Makes the module that computes the model, within a transform. */
  readonly network: () => LayersModule;
  /** Its parameters by Haiku's names; the caller's. */
  readonly params: Params;
  /** The moving averages of its batch norms; the caller's. */
  readonly state: State;
}

/** Stands for sizes of inputs that the model leaves open; only shapes are computed with it. */
const ANY_SIZE = 128;

/** A layer that has arrays, and the module that holds those of its counterpart. */
interface Owner {
  readonly config: LayerConfig;
  readonly within: string;
}

/** All layers of a model and of the models in it, by name, that have arrays; their names are unique, as those of their arrays are. */
function ownersOf(topology: Topology, within: string, owners = new Map<string, Owner>()): Map<string, Owner> {
  for (const [name, { config, nested }] of topology.layers) {
    if (nested !== undefined) ownersOf(nested, `${within}/${config.moduleName}`, owners);
    else if (config.className !== 'InputLayer' && definitionOf(config).weights !== undefined) {
      if (owners.has(name)) throw config.unsupported('another layer has the same name');
      owners.set(name, { config, within });
    }
  }
  return owners;
}

/** The name of an array within its layer, without cells, and with the direction alone of the two layers in a bidirectional one. */
function nameWithin(rest: readonly string[]): string {
  const parts = rest.filter((part) => !/(^|_)cell(_\d+)?$/.test(part));
  const direction = parts.length > 1 ? /^(forward|backward)_/.exec(parts[0]) : null;
  return (direction === null ? parts : [direction[1], ...parts.slice(1)]).join('/');
}

/** The arrays of each layer by their names within it; those of no layer under their own names in `rest`. */
function sorted(arrays: ReadonlyMap<string, Tensor>, owners: ReadonlyMap<string, Owner>) {
  const byLayer = new Map<string, Map<string, Tensor>>();
  const rest = new Map<string, Tensor>();
  for (const [key, value] of arrays) {
    const parts = key.split('/');
    // Names of layers may have slashes, and names of models before them: the longest that starts earliest counts.
    const splits = parts.flatMap((_, from) =>
      Array.from({ length: parts.length - 1 - from }, (__, i) => [from, parts.length - 1 - i] as const),
    );
    const found = splits.find(([from, to]) => owners.has(parts.slice(from, to).join('/')));
    if (found === undefined) {
      rest.set(key, value);
      continue;
    }
    const layer = parts.slice(found[0], found[1]).join('/');
    const own = byLayer.get(layer) ?? new Map<string, Tensor>();
    byLayer.set(layer, own.set(nameWithin(parts.slice(found[1])), value));
  }
  return { byLayer, rest };
}

/** The arrays of one layer, which remember what was taken. */
function arraysOf({ className, name }: LayerConfig, arrays: ReadonlyMap<string, Tensor>, taken: Set<string>) {
  return {
    has: (array: string) => arrays.has(array),
    get: (array: string) => {
      const found = arrays.get(array);
      if (found === undefined) {
        throw new TankaError(
          'checkpoint-mismatch',
          `The weights have no '${array}' of the layer '${name}' (${className}), only ${[...arrays.keys()].join(', ') || 'nothing'} of it. ` +
            'Check that they belong to this model.',
        );
      }
      taken.add(array);
      return found;
    },
  };
}

/** All arrays by the names and in the layouts of the modules, but for the rank of vectors. */
function converted(
  arrays: ReadonlyMap<string, Tensor>,
  topology: Topology,
  module: string,
): Map<string, Tensor> {
  const owners = ownersOf(topology, module);
  const { byLayer, rest: out } = sorted(arrays, owners);
  for (const [name, { config, within }] of owners) {
    const own = byLayer.get(name) ?? new Map<string, Tensor>();
    const taken = new Set<string>();
    const entries = definitionOf(config).weights?.(config, arraysOf(config, own, taken)) ?? {};
    for (const [key, value] of Object.entries(entries)) out.set(`${within}/${key}`, value);
    // Reported as unexpected.
    for (const [key, value] of own) if (!taken.has(key)) out.set(`${name}/${key}`, value);
  }
  return out;
}

/** Vectors of channels in the rank that the template has them in: a batch norm's depends on its input. */
function inRankOf(template: Checkpoint, arrays: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const shapes = new Map(
    Object.entries(template).flatMap(([module, bundle]) =>
      Object.entries(bundle).map(
        ([name, { shape }]) => [`${module}/${name}`, shape] as [string, readonly number[]],
      ),
    ),
  );
  return new Map(
    [...arrays].map(([key, value]) => {
      const shape = shapes.get(key);
      const isVector =
        value.rank === 1 &&
        shape?.filter((size) => size !== 1).join() === value.shape.filter((size) => size !== 1).join();
      return [key, isVector && shape !== undefined ? reshape(value, [...shape]) : value];
    }),
  );
}

/** What TensorFlow.js says of sizes that do not go together says nothing of the file that they come from. */
function fittingTogether<T>(f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof TankaError) throw error;
    const { message } = error as Error;
    throw new TankaError(
      'convert-model-invalid',
      `The layers of this model do not fit together: ${message} Load its model.json again, or mend it.`,
      { cause: error },
    );
  }
}

/**
 * A saved model of tfjs-layers (or of Keras, converted with the `tensorflowjs` package) as a module of tanka with Haiku-named
 * parameters: `const { network, params, state } = fromLayersModel(artifacts)`, then
 * `hk.transformWithState((x, isTraining) => network().call(x, isTraining))`.
 *
 * Reads the description of the model and its weights; tfjs-layers is not needed. The parameters of a layer are those of its counterpart
 * in Haiku, under the model's name and the layer's. The dropout within recurrent layers is left out.
 *
 * @param artifacts what a handler of `tf.io` loaded, or `modelTopology` and `weightsManifest`'s specs from `model.json` with the bytes
 * @throws `convert-layer-unsupported` for a layer, or an option of one, that has no counterpart; `convert-model-invalid`;
 *   `checkpoint-mismatch` for weights of another model; what `loadTfjsWeights` throws
 */
export function fromLayersModel(artifacts: io.ModelArtifacts): ConvertedModel {
  const topology = readTopology(artifacts.modelTopology);
  const name = new LayerConfig('Model', topology.name, {}).moduleName;
  const network = (): LayersModule => new LayersModule(topology, { name });
  // Names every layer without counterpart before anything is computed.
  ownersOf(topology, name);
  const inputs = inputShapes(topology).map(({ shape, dtype }) => ({
    shape: [1, ...shape.map((size) => size ?? ANY_SIZE)],
    dtype: dtype === 'int32' ? ('int32' as const) : ('float32' as const),
  }));
  return tidyOwned(() => {
    const pair = transformWithState((xs: Tensor[]) => network().call(xs, true));
    const [params, state] = fittingTogether(
      () => evalShape(pair.init, 0, inputs) as unknown as [Checkpoint, Checkpoint],
    );
    const template = { ...params, ...state };
    const loaded = loadInto(template, loadTfjsWeights(artifacts), {
      map: (arrays) => inRankOf(template, converted(arrays, topology, name)),
    }) as Checkpoint;
    const part = (of: Checkpoint): Checkpoint =>
      Object.fromEntries(Object.keys(of).map((module) => [module, loaded[module]]));
    return { network, params: part(params), state: part(state) };
  });
}

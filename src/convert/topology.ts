import { invalidModel, LayerConfig, list, object, type Json } from './layer-config.js';

/** One output of one call of a layer. */
export interface Reference {
  readonly layer: string;
  /** Which call, counted from 0. */
  readonly call: number;
  readonly output: number;
}

/** A layer with the inputs of each of its calls. */
export interface LayerNode {
  readonly config: LayerConfig;
  /** Of a layer that is a model of its own. */
  readonly nested: Topology | undefined;
  readonly calls: readonly (readonly Reference[])[];
}

/** A model as a graph of layers. */
export interface Topology {
  readonly name: string;
  /** By name. */
  readonly layers: ReadonlyMap<string, LayerNode>;
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
}

/** Shape, without batch, and type of an input. */
export interface InputShape {
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
}

const MODELS = ['Sequential', 'Model', 'Functional'];

/** Deeper models in models are refused. */
const MAX_DEPTH = 32;

function text(value: unknown, what: string): string {
  if (typeof value !== 'string')
    throw invalidModel(`${what} is ${JSON.stringify(value)?.slice(0, 60) ?? 'missing'}, not a text`);
  return value;
}

function index(value: unknown, what: string): number {
  if (!Number.isInteger(value) || (value as number) < 0)
    throw invalidModel(`${what} is ${JSON.stringify(value)}, not an index`);
  return value as number;
}

/** A reference as files have it: `[layer, call, output, …]`. */
function reference(value: unknown, what: string): Reference {
  const [layer, call, output, extra] = list(value, what);
  if (extra !== undefined && Object.keys(object(extra, `the arguments of ${what}`)).length > 0) {
    throw invalidModel(`${what} has arguments beside its tensors, which only Python can pass`);
  }
  return { layer: text(layer, what), call: index(call, what), output: index(output, what) };
}

/** One reference, or a list of them. */
function references(value: unknown, what: string): Reference[] {
  const items = list(value, what);
  return typeof items[0] === 'string' ? [reference(items, what)] : items.map((item) => reference(item, what));
}

function nestedOf(className: string, config: Json, name: string, depth: number): Topology | undefined {
  if (!MODELS.includes(className)) return undefined;
  if (depth >= MAX_DEPTH) throw invalidModel(`its models are nested more than ${MAX_DEPTH} deep`);
  return className === 'Sequential'
    ? sequential(config, name, depth + 1)
    : functional(config, name, depth + 1);
}

function layerOf(value: unknown, where: string, depth: number): Omit<LayerNode, 'calls'> & { entry: Json } {
  const entry = object(value, where);
  const className = text(entry.class_name, `the class of ${where}`);
  // The configuration of a sequential model within may be the list of its layers.
  const raw = Array.isArray(entry.config)
    ? { layers: entry.config }
    : object(entry.config, `the configuration of ${where}`);
  const name = text(entry.name ?? raw.name, `the name of ${where}`);
  return {
    config: new LayerConfig(className, name, raw),
    nested: nestedOf(className, raw, name, depth),
    entry,
  };
}

function put(
  layers: Map<string, LayerNode>,
  { config, nested }: Omit<LayerNode, 'calls'>,
  calls: LayerNode['calls'],
): void {
  if (layers.has(config.name)) throw invalidModel(`it has two layers called '${config.name}'`);
  layers.set(config.name, { config, nested, calls });
}

/** A chain of layers; what comes in goes to the first. */
function sequential(config: Json, name: string, depth: number): Topology {
  const layers = new Map<string, LayerNode>();
  const first = list(config.layers, `the layers of '${name}'`).map((value, i) =>
    layerOf(value, `layer ${i} of '${name}'`, depth),
  );
  if (first.length === 0) throw invalidModel(`'${name}' has no layers`);
  const input = first.find(({ config: { className } }) => className === 'InputLayer');
  const inputName = input?.config.name ?? `${name}_input`;
  // A file says the shape of the input with the first layer when it has no layer for it.
  const shape = first[0].config.raw('batch_input_shape');
  const inputConfig =
    input?.config ??
    new LayerConfig('InputLayer', inputName, shape === undefined ? {} : { batch_input_shape: shape });
  put(layers, { config: inputConfig, nested: undefined }, []);
  let last: Reference = { layer: inputName, call: 0, output: 0 };
  for (const layer of first) {
    if (layer === input) continue;
    put(layers, layer, [[last]]);
    last = { layer: layer.config.name, call: 0, output: 0 };
  }
  return { name, layers, inputs: [{ layer: inputName, call: 0, output: 0 }], outputs: [last] };
}

function functional(config: Json, name: string, depth: number): Topology {
  const layers = new Map<string, LayerNode>();
  for (const [i, value] of list(config.layers, `the layers of '${name}'`).entries()) {
    const layer = layerOf(value, `layer ${i} of '${name}'`, depth);
    const calls = list(layer.entry.inbound_nodes ?? [], `the inputs of '${layer.config.name}'`).map((node) =>
      references(node, `an input of '${layer.config.name}'`),
    );
    put(layers, layer, calls);
  }
  const topology = {
    name,
    layers,
    inputs: references(config.input_layers, `the inputs of '${name}'`),
    outputs: references(config.output_layers, `the outputs of '${name}'`),
  };
  const used = [
    ...topology.inputs,
    ...topology.outputs,
    ...[...layers.values()].flatMap(({ calls }) => calls.flat()),
  ];
  for (const { layer } of used) {
    if (!layers.has(layer))
      throw invalidModel(`'${name}' refers to a layer '${layer}' that it does not have`);
  }
  return topology;
}

/**
 * The graph of layers that `modelTopology` of a saved model describes, as Keras and tfjs-layers write it.
 *
 * @throws `convert-model-invalid`
 */
export function readTopology(modelTopology: unknown): Topology {
  const all = object(modelTopology, 'its modelTopology');
  // Files of Keras have the model beside versions and training settings.
  const model = object(all.model_config ?? all, 'its model_config');
  const className = text(model.class_name, 'its class');
  if (!MODELS.includes(className))
    throw invalidModel(`its class is '${className}', not one of ${MODELS.join(', ')}`);
  const config = Array.isArray(model.config)
    ? { layers: model.config }
    : object(model.config, 'its configuration');
  const name = typeof (config as Json).name === 'string' ? ((config as Json).name as string) : 'model';
  return nestedOf(className, config, name, 0) as Topology;
}

/** Shapes and types of a model's inputs. */
export function inputShapes({ layers, inputs, name }: Topology): InputShape[] {
  return inputs.map(({ layer }) => {
    const node = layers.get(layer) as LayerNode;
    const shape = node.config.raw('batch_input_shape') ?? node.config.raw('batch_shape');
    if (!Array.isArray(shape)) throw invalidModel(`the input '${layer}' of '${name}' has no shape`);
    const sizes = shape.slice(1) as unknown[];
    if (!sizes.every((size) => size === null || (Number.isInteger(size) && (size as number) > 0))) {
      throw invalidModel(`the input '${layer}' of '${name}' has the shape ${JSON.stringify(shape)}`);
    }
    return { shape: sizes as (number | null)[], dtype: node.config.text('dtype', 'float32') };
  });
}

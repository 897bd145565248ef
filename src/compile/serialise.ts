import { getBackend, getKernel, type DataType, type KernelConfig } from '@tensorflow/tfjs-core';
import { openSafetensors, writeSafetensors } from '../checkpoint/safetensors/safetensors.js';
import { bytesOf as bytesOfValues, dtypeOf, type StoredArray } from '../checkpoint/stored-array.js';
import { TankaError } from '../errors/tanka-error.js';
import { leaves, rebuilder, structure, type Structure } from '../tree/tree.js';
import { isConsistent } from './check-node.js';
import { invalidGraph } from './invalid-graph.js';
import {
  bytesOf,
  sizeOf,
  viewsRead,
  type BufferId,
  type ConstantValues,
  type Graph,
  type KernelNode,
  type View,
} from './graph.js';

/** Changes when files written before can no longer be read. */
const VERSION = 2;

/** How a saved function takes its arguments. */
export interface SavedSignature {
  /** Nesting of the arguments, those that were constant as a whole left out. */
  readonly arguments: Structure;
  /** For each leaf: an input, or the value that it must have. */
  readonly leaves: readonly (
    { readonly kind: 'input' } | { readonly kind: 'static'; readonly value: unknown }
  )[];
  readonly result: Structure;
}

function unsavable(what: string): TankaError {
  return new TankaError(
    'graph-unsavable',
    `${what}, which a saved graph cannot hold. Save a function of tensors without random numbers, such as a model at inference.`,
  );
}

function malformed(what: string): TankaError {
  return invalidGraph(`${what} in it is malformed`);
}

/** JSON has no infinities, which paddings of pools use. */
function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  if (ArrayBuffer.isView(value) || typeof value === 'bigint' || typeof value === 'function') {
    throw unsavable(`An operation has an attribute that is a ${typeof value}`);
  }
  return value;
}

function fromJson(_key: string, value: unknown): unknown {
  const text = (value as { $number?: string } | null)?.$number;
  return typeof text === 'string' ? Number(text) : value;
}

/** @throws `graph-unsavable` */
export function serialise(graph: Graph, signature: SavedSignature): Uint8Array {
  if (graph.inputKeys.length > 0 || graph.nodes.some((node) => node.kind === 'random')) {
    throw unsavable('The function uses random keys');
  }
  const { bufferCount, inputs, nodes, results } = graph;
  const constants = [...graph.constants.values()].map(({ view }) => view);
  // A nesting is written as an example of it.
  const example = (nesting: Structure, count: number): unknown => rebuilder(nesting)(Array(count).fill(0));
  const taken = {
    arguments: example(signature.arguments, signature.leaves.length),
    leaves: signature.leaves,
    result: example(signature.result, results.length),
  };
  const text = JSON.stringify({ bufferCount, inputs, constants, nodes, results, signature: taken }, toJson);
  const arrays = [...graph.constants.values()].map(({ view, values }): StoredArray => {
    const dtype = dtypeOf[view.dtype];
    if (dtype === undefined) throw unsavable(`The function has a constant of ${view.dtype}`);
    return { key: keyOf(view), dtype, shape: view.shape, bytes: bytesOfValues(values) };
  });
  return writeSafetensors(arrays, { 'tanka.graph': text, 'tanka.version': String(VERSION) });
}

/** Where the file has the values of a constant. */
function keyOf({ buffer }: View): string {
  return `constant/${buffer}`;
}

/** The values of a constant, if they are stored in its own type and number. */
function valuesOf(view: View, array: StoredArray | undefined): ConstantValues {
  if (array?.dtype !== dtypeOf[view.dtype] || array?.bytes.byteLength !== bytesOf(view)) {
    throw invalidGraph(`constant ${view.buffer} is missing or has another shape`);
  }
  // A copy of its own, at an address that its numbers can be read from.
  const bytes = new Uint8Array(array.bytes);
  if (view.dtype === 'bool') {
    if (bytes.some((value) => value > 1))
      throw invalidGraph(`constant ${view.buffer} has values that are no booleans`);
    return bytes;
  }
  return new (view.dtype === 'int32' ? Int32Array : Float32Array)(bytes.buffer);
}

const DTYPES: readonly DataType[] = ['float32', 'int32', 'bool'];

/** Reads a parsed file; every access is checked, since the file may come from anywhere. */
class Reader {
  constructor(private readonly bufferCount: number) {}

  view(value: unknown): View {
    const { buffer, shape, dtype } = this.object(value) as Partial<View>;
    const isBuffer =
      Number.isInteger(buffer) && (buffer as number) >= 0 && (buffer as number) < this.bufferCount;
    const isShape = Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && (n as number) >= 0);
    if (
      !isBuffer ||
      !isShape ||
      !DTYPES.includes(dtype as DataType) ||
      !Number.isSafeInteger(4 * sizeOf(shape))
    ) {
      throw malformed('a tensor');
    }
    return { buffer: buffer as number, shape, dtype: dtype as DataType };
  }

  object(value: unknown): Record<string, unknown> {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformed('an entry');
    return value as Record<string, unknown>;
  }

  list(value: unknown): unknown[] {
    if (!Array.isArray(value)) throw malformed('a list');
    return value;
  }

  node(value: unknown): KernelNode {
    const { kind, name, inputs, isList, attributes, outputs } = this.object(value);
    if (kind !== 'kernel' || typeof name !== 'string') throw malformed('an operation');
    if ((getKernel(name, getBackend()) as KernelConfig | undefined) === undefined) {
      throw invalidGraph(
        `it needs the operation ${name}, which the backend ${getBackend()} does not have`,
        undefined,
        `Load it on the backend of hk.saveGraph (after useWasm() for WASM), or save it on ${getBackend()}.`,
      );
    }
    const entries = Object.entries(this.object(inputs)).map(
      ([key, input]) =>
        [key, Array.isArray(input) ? input.map((one) => this.view(one)) : this.view(input)] as const,
    );
    const node: KernelNode = {
      kind,
      name,
      inputs: Object.fromEntries(entries),
      isList: isList === true,
      attributes: this.object(attributes),
      outputs: this.list(outputs).map((one) => this.view(one)),
    };
    if (!isConsistent(node)) throw invalidGraph(`the inputs of an operation ${name} do not go together`);
    return node;
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text, fromJson) as Record<string, unknown>;
  } catch (cause) {
    throw invalidGraph('it is not JSON', cause);
  }
}

/** Every buffer must have values before it is read, and each view as many as the buffer. */
function checkOrder(graph: Graph): void {
  const bytes = new Map<BufferId, number>();
  const write = (view: View): void => {
    if (bytes.has(view.buffer)) throw invalidGraph('a tensor in it is written twice');
    bytes.set(view.buffer, bytesOf(view));
  };
  const read = (view: View): void => {
    if (bytes.get(view.buffer) !== bytesOf(view))
      throw invalidGraph('an operation reads what was not written');
  };
  graph.inputs.forEach(write);
  for (const { view } of graph.constants.values()) write(view);
  for (const node of graph.nodes) {
    viewsRead(node).forEach(read);
    node.outputs.forEach(write);
  }
  for (const leaf of graph.results) if (leaf.kind === 'tensor') read(leaf.view);
}

/** @throws `graph-invalid`, and what reading a safetensors file throws */
export function deserialise(bytes: Uint8Array): { graph: Graph; signature: SavedSignature } {
  const { arrays, metadata } = openSafetensors(bytes);
  const text = metadata['tanka.graph'] as string | undefined;
  if (text === undefined) throw invalidGraph('it is a checkpoint without a graph');
  if (metadata['tanka.version'] !== String(VERSION))
    throw invalidGraph(`its version is ${metadata['tanka.version']}, not ${VERSION}`);
  const saved = parse(text);
  const bufferCount = saved.bufferCount;
  if (!Number.isInteger(bufferCount) || (bufferCount as number) < 0 || (bufferCount as number) > 1e6) {
    throw malformed('the number of buffers');
  }
  const reader = new Reader(bufferCount as number);
  const stored = new Map(arrays.map((array) => [array.key, array]));
  const constants = new Map(
    reader.list(saved.constants).map((entry) => {
      const view = reader.view(entry);
      return [view.buffer, { view, values: valuesOf(view, stored.get(keyOf(view))) }] as const;
    }),
  );
  const results = reader.list(saved.results).map((entry): Graph['results'][number] => {
    const leaf = reader.object(entry);
    if (leaf.kind === 'tensor') return { kind: 'tensor', view: reader.view(leaf.view) };
    if (leaf.kind === 'static') return { kind: 'static', value: leaf.value };
    throw malformed('a result');
  });
  const graph: Graph = {
    bufferCount: bufferCount as number,
    inputs: reader.list(saved.inputs).map((entry) => reader.view(entry)),
    inputKeys: [],
    constants,
    constantKeys: new Map(),
    nodes: reader.list(saved.nodes).map((entry) => reader.node(entry)),
    results,
  };
  checkOrder(graph);
  const given = reader.object(saved.signature);
  const taken = reader.list(given.leaves).map((leaf) => reader.object(leaf));
  if (
    leaves<unknown>(given.arguments as never).length !== taken.length ||
    leaves<unknown>(given.result as never).length !== results.length ||
    taken.filter(({ kind }) => kind === 'input').length !== graph.inputs.length
  ) {
    throw malformed('the signature');
  }
  const signature = {
    arguments: structure(given.arguments),
    leaves: taken as unknown as SavedSignature['leaves'],
    result: structure(given.result),
  };
  return { graph, signature };
}

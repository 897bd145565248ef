import type { DataType, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { RandomOperation } from '../backend/recordable.js';

/** Number of a buffer in a graph. Views of one buffer (a reshape) share it. */
export type BufferId = number;

/** Number of a random key in a graph. */
export type KeyId = number;

/** A tensor as a node reads or writes it: a buffer and the shape that it is seen with. */
export interface View {
  readonly buffer: BufferId;
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** Attributes of a kernel: plain data. */
export type Attributes = Readonly<Record<string, unknown>>;

/** One call of a TensorFlow.js kernel, or of one that only plans use. */
export interface KernelNode {
  readonly kind: 'kernel';
  readonly name: string;
  readonly inputs: Readonly<Record<string, View | readonly View[]>>;
  /** True for kernels that take their inputs as an array (`Concat`): the names are then its indices. */
  readonly isList?: boolean;
  readonly attributes: Attributes;
  readonly outputs: readonly View[];
}

/** One call of a key function or sampler, which plans run again with the keys of the day. */
export interface RandomNode {
  readonly kind: 'random';
  readonly operation: RandomOperation<unknown, unknown>;
  readonly keys: readonly KeyId[];
  readonly tensors: readonly View[];
  readonly attributes: unknown;
  readonly outputs: readonly View[];
  readonly outputKeys: readonly KeyId[];
}

export type Node = KernelNode | RandomNode;

/** What a leaf of the function's result is. */
export type ResultLeaf =
  | { readonly kind: 'tensor'; readonly view: View }
  | { readonly kind: 'key'; readonly key: KeyId }
  | { readonly kind: 'static'; readonly value: unknown };

/** Bytes of a buffer whose values never change. */
export type ConstantValues = Float32Array | Int32Array | Uint8Array;

/** A recorded program: nodes in the order in which they run. */
export interface Graph {
  readonly bufferCount: number;
  readonly inputs: readonly View[];
  readonly inputKeys: readonly KeyId[];
  readonly constants: ReadonlyMap<BufferId, { readonly view: View; readonly values: ConstantValues }>;
  readonly constantKeys: ReadonlyMap<KeyId, Uint32Array>;
  readonly nodes: readonly Node[];
  readonly results: readonly ResultLeaf[];
}

/** The views that a node reads, in a fixed order. */
export function viewsRead(node: Node): View[] {
  return node.kind === 'random' ? [...node.tensors] : Object.values(node.inputs).flat();
}

/** The views that a graph hands out. */
export function resultViews(graph: Graph): View[] {
  return graph.results.flatMap((leaf) => (leaf.kind === 'tensor' ? [leaf.view] : []));
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** Bytes of the values of a view. */
export function bytesOf({ shape, dtype }: Pick<View, 'shape' | 'dtype'>): number {
  return sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
}

/** The inputs of a kernel call, as its function takes them. */
export function kernelInputs(node: KernelNode, read: (view: View) => TensorInfo): NamedTensorInfoMap {
  const entries = Object.entries(node.inputs).map(
    ([name, input]) => [name, 'buffer' in input ? read(input) : input.map(read)] as const,
  );
  const inputs = node.isList === true ? entries.map(([, input]) => input) : Object.fromEntries(entries);
  return inputs as unknown as NamedTensorInfoMap;
}

/** The same kernel call on other views. */
export function mapInputs(node: KernelNode, f: (view: View) => View): KernelNode {
  const inputs = Object.fromEntries(
    Object.entries(node.inputs).map(([name, input]) => [name, 'buffer' in input ? f(input) : input.map(f)]),
  );
  return { ...node, inputs };
}

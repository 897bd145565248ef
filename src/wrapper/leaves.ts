import { clone, scalar, Tensor, tensor1d, type DataType } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { checkAlive } from '../tree/alive.js';
import { leavesWithPath, structure, unflatten, type Structure } from '../tree/tree.js';
import { notPromise } from './promises.js';
import { show } from './signature.js';

/** The dtypes of weights: those of the WASM backend. */
export type WeightDType = 'float32' | 'int32' | 'bool';

/** A leaf that is a tensor; `key` when it holds the words of a key, which are handed out as a `Uint32Array`. */
export interface TensorLeaf {
  readonly kind: 'tensor';
  readonly path: readonly string[];
  /** Owned by whoever called {@link readTree}. */
  readonly tensor: Tensor;
  readonly key: boolean;
}

/** A leaf that configures the model and is passed on as it is: a string, a function, an object of any class. */
export interface ConfigurationLeaf {
  readonly kind: 'configuration';
  readonly path: readonly string[];
  readonly value: unknown;
}

/** A leaf of the parameters or the state of a layer. */
export type Leaf = TensorLeaf | ConfigurationLeaf;

/** A tree taken apart, its leaves in JAX's order. */
export interface LeafTree {
  readonly structure: Structure;
  readonly leaves: readonly Leaf[];
}

/** `params/linear/w`: how a place in a tree reads in a message. */
export function pathText(root: string, path: readonly string[]): string {
  return [root, ...path].join('/');
}

function supported(dtype: DataType): dtype is WeightDType {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

/**
 * Refuses values that look like weights and are none: they would be handed over as configuration, and never train.
 *
 * @throws `wrapper-leaf-invalid`
 */
function refuseLookalike(value: unknown, where: () => string): void {
  if (value === null || typeof value !== 'object') return;
  const mend =
    value instanceof Map || value instanceof Set
      ? 'A tree nests in plain objects and arrays: Object.fromEntries(map) makes one.'
      : 'dtype' in value && 'shape' in value
        ? 'It has a shape and a dtype, but is no tensor of this copy of TensorFlow.js: pass the tensor that it stands for.'
        : null;
  if (mend !== null) throw new TankaError('wrapper-leaf-invalid', `${where()} is ${show(value)}. ${mend}`);
}

/**
 * A tensor of its own for a value that can be a weight, or `undefined` for configuration. Numbers become `float32` (JavaScript
 * does not tell `1` from `1.0`), booleans `bool`, integer arrays `int32`; the words of a `Uint32Array` keep their bits as `int32`.
 *
 * @throws `wrapper-leaf-invalid` for a tensor of strings or complex numbers, for 64-bit integers and for what only looks like a
 * weight; `tensor-disposed`
 */
export function toTensor(value: unknown, where: () => string): Tensor | undefined {
  if (value instanceof Tensor) {
    checkAlive(value, where());
    if (!supported(value.dtype)) {
      throw new TankaError(
        'wrapper-leaf-invalid',
        `${where()} is a tensor of dtype ${value.dtype}. Weights are float32, int32 or bool: cast it, or keep the value out of the tree.`,
      );
    }
    return clone(value);
  }
  if (typeof value === 'number') return scalar(value, 'float32');
  if (typeof value === 'boolean') return scalar(value, 'bool');
  if (!ArrayBuffer.isView(value) || value instanceof DataView) {
    refuseLookalike(value, where);
    return undefined;
  }
  if (value instanceof Float32Array || value instanceof Float64Array) {
    return tensor1d(Float32Array.from(value), 'float32');
  }
  if (value instanceof Uint32Array) return tensor1d(Int32Array.from(value), 'int32');
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) {
    throw new TankaError(
      'wrapper-leaf-invalid',
      `${where()} is an array of 64-bit integers, which TensorFlow.js lacks. Pass an Int32Array.`,
    );
  }
  return tensor1d(Int32Array.from(value as Int8Array), 'int32');
}

/**
 * Takes parameters or state apart and copies what will be a weight: the caller's tensors stay the caller's.
 *
 * @param root `params` or `state`, for messages
 * @throws `wrapper-leaf-invalid`, `wrapper-promise`, `tensor-disposed`, `tree-cyclic`
 */
export function readTree(tree: unknown, root: string): LeafTree {
  notPromise(tree, `\`${root}\``);
  const leaves = leavesWithPath<unknown>(tree as never).map(({ path, leaf }): Leaf => {
    const where = (): string => `The leaf '${pathText(root, path)}'`;
    notPromise(leaf, where());
    const tensor = toTensor(leaf, where);
    return tensor === undefined
      ? { kind: 'configuration', path, value: leaf }
      : { kind: 'tensor', path, tensor, key: leaf instanceof Uint32Array };
  });
  return { structure: structure(tree), leaves };
}

/** What a model function gets for a leaf. */
function leafValue(leaf: Leaf): unknown {
  if (leaf.kind === 'configuration') return leaf.value;
  return leaf.key ? Uint32Array.from(leaf.tensor.dataSync()) : leaf.tensor;
}

/** Rebuilds the tree with what `value` gives for each leaf; by default what a model function gets. */
export function writeTree(tree: LeafTree, value: (leaf: Leaf) => unknown = leafValue): unknown {
  return unflatten<unknown>(tree.structure, tree.leaves.map(value));
}

/** How a leaf reads in a message. */
export function describeLeaf(value: unknown): string {
  return value instanceof Tensor ? `a tensor of shape [${(value as Tensor).shape.join(', ')}]` : show(value);
}

import { cast, clone, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { TankaError } from '../../errors/tanka-error.js';
import { pathText, toTensor, writeTree, type Leaf, type LeafTree } from '../leaves.js';
import { describeNode, findMismatch } from '../matching.js';
import { notPromise } from '../promises.js';

/** A tree whose tensors are the weights of a layer. */
export interface WeightTree extends LeafTree {
  /** One for each tensor leaf, in order. */
  readonly variables: readonly LayerVariable[];
}

/**
 * The name of a weight from its place in the tree: `params.linear.w`. tfjs-layers allows few characters in names, and takes a model
 * whose first weight has a digit after its last `/` for another format: segments are joined by dots, other characters than letters,
 * digits and `_` are written `-hex-`.
 */
export function weightName(root: string, path: readonly string[]): string {
  const escape = (segment: string): string =>
    segment.replace(/[^A-Za-z0-9_]/gu, (char) => `-${(char.codePointAt(0) as number).toString(16)}-`);
  return [root, ...path].map(escape).join('.');
}

/**
 * Makes weights of the tensors of a tree, which it frees.
 *
 * @param add makes one weight from a copy of the tensor
 */
export function makeWeights(
  tree: LeafTree,
  root: string,
  trainable: boolean,
  add: (name: string, value: Tensor, trainable: boolean) => LayerVariable,
): WeightTree {
  const variables: LayerVariable[] = [];
  const leaves = tree.leaves.map((leaf): Leaf => {
    if (leaf.kind === 'configuration') return leaf;
    // Only floats have gradients: an optimizer would fail on the others.
    const learns = trainable && leaf.tensor.dtype === 'float32';
    const variable = add(weightName(root, leaf.path), leaf.tensor, learns);
    leaf.tensor.dispose();
    variables.push(variable);
    return { ...leaf, tensor: variable.read() };
  });
  return { structure: tree.structure, leaves, variables };
}

/** The live weights as a tree; keys as the `int32` weights that hold them. */
export function liveTree(tree: LeafTree | null): unknown {
  return tree === null
    ? null
    : writeTree(tree, (leaf) => (leaf.kind === 'tensor' ? leaf.tensor : leaf.value));
}

/** Copies of the weights as a tree; keys as `Uint32Array`. */
export function copyTree(tree: LeafTree | null): unknown {
  if (tree === null) return null;
  return writeTree(tree, (leaf) => {
    if (leaf.kind === 'configuration') return leaf.value;
    return leaf.key ? Uint32Array.from(leaf.tensor.dataSync()) : clone(leaf.tensor);
  });
}

/**
 * Writes values into weights of the same nesting and shapes; all are checked before the first is written.
 *
 * @throws `wrapper-weights-mismatch`, `wrapper-promise`
 */
export function writeWeights(tree: WeightTree | null, values: unknown, root: string): void {
  const fail = (path: readonly string[], expected: string, received: string): TankaError =>
    new TankaError(
      'wrapper-weights-mismatch',
      `The given \`${root}\` do not fit the layer: at '${pathText(root, path)}' it has ${expected}, but was given ${received}. ` +
        `Give a tree of the nesting and shapes of layer.${root}.`,
    );
  notPromise(values, `\`${root}\``);
  tidy(() => {
    const byPath = new Map<string, Tensor>();
    const mismatch = findMismatch(liveTree(tree), values, (path, old, value) => {
      const where = (): string => `The leaf '${pathText(root, path)}'`;
      const tensor = toTensor(value, where);
      if (tensor === undefined ? old !== value : describeNode(tensor) !== describeNode(old)) {
        throw fail(path, describeNode(old), describeNode(tensor ?? value));
      }
      if (tensor !== undefined) byPath.set(path.join('\0'), tensor);
    });
    if (mismatch !== null) throw fail(mismatch.path, mismatch.expected, mismatch.received);
    if (tree === null) return;
    const leaves = tree.leaves.filter((leaf) => leaf.kind === 'tensor');
    leaves.forEach((leaf, i) => {
      assign(tree.variables[i], byPath.get(leaf.path.join('\0')) as Tensor);
    });
  });
}

/** Writes a value into a weight, in the dtype of the weight. */
export function assign(variable: LayerVariable, value: Tensor): void {
  tidy(() => {
    variable.write(value.dtype === variable.dtype ? value : cast(value, variable.dtype));
  });
}

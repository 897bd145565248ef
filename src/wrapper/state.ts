import { cast, dispose, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { leaves } from '../tree/tree.js';
import { pathText, toTensor, type Leaf, type LeafTree, writeTree } from './leaves.js';
import { describeNode, findMismatch, type Mismatch } from './matching.js';
import { notPromise } from './promises.js';

/** Keras' own words. */
const STRUCTURE =
  'Structure mismatch: the structure of the state returned by `call` does not match the structure of the state at initialization time.';

function structureError({ path, expected, received }: Mismatch): TankaError {
  return new TankaError(
    'wrapper-state-mismatch',
    `${STRUCTURE} At '${pathText('state', path)}' it was ${expected}, but the model returned ${received}. ` +
      'Return the state with the nesting that `init_fn`, or the `state` option, gave it.',
  );
}

/** `(2, 3)` and `(2,)`, as Python writes shapes: the texts of Keras stay searchable. */
export function shapeText(shape: readonly (number | null)[]): string {
  const parts = shape.map((size) => (size === null ? 'None' : String(size)));
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(', ')})`;
}

function shapeError(layer: string, { path, tensor }: Leaf & { kind: 'tensor' }, value: Tensor): TankaError {
  return new TankaError(
    'wrapper-state-mismatch',
    'The shape of the target variable and the shape of the target value in `variable.assign(value)` must match. ' +
      `variable.shape=${shapeText(tensor.shape)}, Received: value.shape=${shapeText(value.shape)}. ` +
      `Target variable: <Variable path=${layer}/${pathText('state', path)}, shape=${shapeText(tensor.shape)}, dtype=${tensor.dtype}>`,
  );
}

/** Whether a tree has no leaf at all, so that it says the same as `null`. */
function isEmpty(tree: unknown): boolean {
  return leaves<unknown>(tree).length === 0;
}

/**
 * Checks the state that a model returned against the state that it got, and gives the new value of each tensor leaf in order,
 * in the dtype of the old one.
 *
 * @param current the state that the model got, or `null` when the layer has none
 * @param layer name of the layer, for messages
 * @throws `wrapper-state-mismatch` with the path of the first place that differs
 */
export function newStateValues(returned: unknown, current: LeafTree | null, layer: string): Tensor[] {
  notPromise(returned, 'The state that `call_fn` returned');
  if (current === null) {
    if (isEmpty(returned)) return [];
    throw structureError({ path: [], expected: 'null', received: describeNode(returned) });
  }
  const byPath = new Map(current.leaves.map((leaf) => [leaf.path.join('\0'), leaf]));
  const values = new Map<Leaf, Tensor>();
  const expected = writeTree(current, (leaf) => (leaf.kind === 'tensor' ? leaf.tensor : leaf.value));
  const mismatch = findMismatch(expected, returned, (path, old, value) => {
    const leaf = byPath.get(path.join('\0')) as Leaf;
    const where = (): string => `The leaf '${pathText('state', path)}' that \`call_fn\` returned`;
    if (leaf.kind === 'configuration') {
      if (value === old) return;
      throw structureError({ path, expected: describeNode(old), received: describeNode(value) });
    }
    notPromise(value, where());
    if (value === old) {
      values.set(leaf, leaf.tensor);
      return;
    }
    const tensor = toTensor(value, where);
    if (tensor === undefined) {
      throw structureError({ path, expected: describeNode(old), received: describeNode(value) });
    }
    if (tensor.shape.join() !== leaf.tensor.shape.join()) throw shapeError(layer, leaf, tensor);
    if (tensor.dtype === leaf.tensor.dtype) {
      values.set(leaf, tensor);
    } else {
      values.set(leaf, cast(tensor, leaf.tensor.dtype));
      dispose(tensor);
    }
  });
  if (mismatch !== null) throw structureError(mismatch);
  return current.leaves.flatMap((leaf) => values.get(leaf) ?? []);
}

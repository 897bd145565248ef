import { tensor, tensor1d, Tensor, type TensorLike } from '@tensorflow/tfjs-core';
import { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { TankaError } from '../../errors/tanka-error.js';
import { checkAlive } from '../../tree/alive.js';
import { isNode, leavesWithPath, structure, type Structure } from '../../tree/tree.js';
import { pathText } from '../leaves.js';
import { notPromise } from '../promises.js';
import { show } from '../signature.js';

/** Arrays that become tensors of one axis. */
export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** What a layer is applied to: tensors or symbolic tensors, or any nesting of one of the two. */
export interface Inputs {
  readonly structure: Structure;
  readonly tensors: readonly Tensor[] | readonly SymbolicTensor[];
  /** The tensors made of typed arrays, for the caller to free. */
  readonly made: readonly Tensor[];
}

function isTypedArray(value: unknown): value is TypedArray {
  return value instanceof Float32Array || value instanceof Int32Array || value instanceof Uint8Array;
}

/**
 * Takes the inputs of a layer apart. Typed arrays become tensors.
 *
 * @throws `wrapper-inputs-invalid`, `wrapper-promise`, `tensor-disposed`
 */
export function readInputs(inputs: unknown): Inputs {
  notPromise(inputs, '`inputs`');
  const made: Tensor[] = [];
  try {
    const tensors = leavesWithPath<unknown>(inputs).map(({ path, leaf }) =>
      readInput(leaf, pathText('inputs', path), made),
    );
    checkUniform(tensors);
    return { structure: structure(inputs), tensors: tensors as Tensor[] | SymbolicTensor[], made };
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  }
}

function readInput(leaf: unknown, where: string, made: Tensor[]): Tensor | SymbolicTensor {
  notPromise(leaf, `'${where}'`);
  if (leaf instanceof SymbolicTensor) return leaf;
  if (leaf instanceof Tensor) {
    checkAlive(leaf, `'${where}'`);
    return leaf;
  }
  if (isTypedArray(leaf)) {
    const tensor = tensor1d(leaf);
    made.push(tensor);
    return tensor;
  }
  throw new TankaError(
    'wrapper-inputs-invalid',
    `Only input tensors may be passed as positional arguments, but '${where}' is ${show(leaf)}. ` +
      'Pass a tensor, a symbolic tensor, or any nesting of one of the two; options go into { training }.',
  );
}

function checkUniform(tensors: readonly (Tensor | SymbolicTensor)[]): void {
  if (tensors.length === 0) {
    throw new TankaError(
      'wrapper-inputs-invalid',
      'The layer was applied to no tensor at all. Pass its inputs.',
    );
  }
  const symbolic = tensors.filter((leaf) => leaf instanceof SymbolicTensor);
  if (symbolic.length > 0 && symbolic.length < tensors.length) {
    throw new TankaError(
      'wrapper-inputs-invalid',
      'In a nested call() argument, you cannot mix tensors and non-tensors: some of the inputs are symbolic tensors and some are values.',
    );
  }
}

/** A number, or an array of numbers of any depth. */
function isNumbers(value: unknown): boolean {
  if (typeof value === 'number') return true;
  return Array.isArray(value) && value.length > 0 && value.every(isNumbers);
}

/** The shape of an array of numbers, or `null` when it is ragged. */
function shapeOf(value: unknown): number[] | null {
  if (!Array.isArray(value)) return [];
  const [first, ...others] = value.map(shapeOf);
  if (first === null || others.some((other) => other?.join() !== first.join())) return null;
  return [value.length, ...first];
}

/**
 * Replaces the number arrays of a nesting by tensors, which are added to `made`.
 *
 * @throws `wrapper-inputs-invalid` for a ragged array
 */
export function numbersToTensors(value: unknown, made: Tensor[]): unknown {
  if (isNumbers(value) && shapeOf(value) === null) {
    throw new TankaError(
      'wrapper-inputs-invalid',
      `${JSON.stringify(value).slice(0, 100)} is ragged, so that it is no tensor. Fill its rows up to one length; several inputs of ` +
        'different shapes go into an array of tensors.',
    );
  }
  if (isNumbers(value) || isTypedArray(value)) {
    const converted = tensor(value as TensorLike);
    made.push(converted);
    return converted;
  }
  if (!isNode(value)) return value;
  if (Array.isArray(value)) return value.map((child) => numbersToTensors(child, made));
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, numbersToTensors(child, made)]),
  );
}

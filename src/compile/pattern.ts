import type { Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { isKey, type PRNGKey } from '../random/key.js';
import { compareCodePoints, isNode } from '../tree/tree.js';

/** Inputs of a call, in the order of the leaves. */
export interface Inputs {
  readonly tensors: Tensor[];
  readonly keys: PRNGKey[];
}

/** Whether a value is what a plan was made for; its inputs are put into `inputs`. */
export type Pattern = (value: unknown, inputs: Inputs) => boolean;

/** A number for a tensor that is constant, `undefined` for one that is an input. */
export type ConstantNumber = (tensor: Tensor) => number | undefined;

function patternOfTensor(example: Tensor, constant: ConstantNumber): Pattern {
  const { shape, dtype, rank } = example;
  const number = constant(example);
  return (value, { tensors }) => {
    if (!isTensor(value) || value.isDisposed || value.dtype !== dtype || value.rank !== rank) return false;
    for (let axis = 0; axis < rank; axis++) if (value.shape[axis] !== shape[axis]) return false;
    if (constant(value) !== number) return false;
    if (number === undefined) tensors.push(value);
    return true;
  };
}

/** Keys as they were inserted, since the function may go by that order, and children in the order of the leaves. */
function patternOfObject(node: Readonly<Record<string, unknown>>, constant: ConstantNumber): Pattern {
  const keys = Object.keys(node);
  const children = [...keys]
    .sort(compareCodePoints)
    .map((key) => ({ key, matches: patternOf(node[key], constant) }));
  return (value, inputs) => {
    if (!isNode(value) || Array.isArray(value)) return false;
    const object = value as Readonly<Record<string, unknown>>;
    let i = 0;
    for (const key in object) if (key !== keys[i++]) return false;
    if (i !== keys.length) return false;
    for (const { key, matches } of children) if (!matches(object[key], inputs)) return false;
    return true;
  };
}

/**
 * The pattern of the arguments of a call: it holds for those that the plan recorded with them serves. This is what every replay pays
 * for its arguments, hence it makes nothing but the lists of inputs.
 */
export function patternOf(example: unknown, constant: ConstantNumber): Pattern {
  if (isTensor(example)) return patternOfTensor(example, constant);
  if (isKey(example)) {
    return (value, { keys }) => {
      if (!isKey(value)) return false;
      keys.push(value);
      return true;
    };
  }
  if (!isNode(example)) return (value) => Object.is(value, example);
  if (!Array.isArray(example)) return patternOfObject(example as Readonly<Record<string, unknown>>, constant);
  const children = example.map((child: unknown) => patternOf(child, constant));
  return (value, inputs) => {
    if (!Array.isArray(value) || value.length !== children.length) return false;
    for (let i = 0; i < children.length; i++) if (!children[i](value[i], inputs)) return false;
    return true;
  };
}

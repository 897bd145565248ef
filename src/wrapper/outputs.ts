import { clone, Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { leavesWithPath, structure, type Structure } from '../tree/tree.js';
import { pathText } from './leaves.js';
import { notPromise } from './promises.js';
import { show } from './signature.js';

/** The outputs of a model taken apart. */
export interface Outputs {
  readonly structure: Structure;
  readonly tensors: Tensor[];
}

/**
 * Takes the outputs of a model apart. A tensor that is not the call's own (older than `mark`, or met before in the outputs) is
 * copied, so that disposing an output leaves weights and inputs alive.
 *
 * @throws `wrapper-output-invalid` when there is no tensor, or something that is none
 */
export function readOutputs(outputs: unknown, mark: number): Outputs {
  const seen = new Set<unknown>();
  const tensors = leavesWithPath<unknown>(outputs as never).map(({ path, leaf }): Tensor => {
    const where = `The output '${pathText('outputs', path)}' of \`call_fn\``;
    notPromise(leaf, where);
    if (!(leaf instanceof Tensor)) {
      throw new TankaError(
        'wrapper-output-invalid',
        `${where} is ${show(leaf)}. Outputs are tensors, or any nesting of them.`,
      );
    }
    const foreign = leaf.id < mark || seen.has(leaf);
    seen.add(leaf);
    return foreign ? clone(leaf as Tensor) : (leaf as Tensor);
  });
  if (tensors.length === 0) {
    throw new TankaError(
      'wrapper-output-invalid',
      `\`call_fn\` returned ${outputs === undefined ? 'nothing' : 'no tensor'}. Return the outputs of the model: a tensor, or any nesting of tensors.`,
    );
  }
  return { structure: structure(outputs), tensors };
}

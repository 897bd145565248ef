import { clone, type Tensor } from '@tensorflow/tfjs-core';
import { whatIs } from '../backend/what-is.js';
import { isTensor, tensorIdMark } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';
import { checkSynchronous } from '../module/asynchronous.js';
import { checkAlive } from '../tree/alive.js';
import { guardLeaves, tensorsOf, tidyTree } from '../tree/owned.js';
import { map } from '../tree/tree.js';

function checkResult(result: unknown): void {
  if (!Array.isArray(result) || result.length !== 2) {
    throw new TankaError(
      'donate-result-invalid',
      `The step of hk.donate must return [carry, out], but returned ${whatIs(result)}. ` +
        'Return the new carry first, anything else or null second.',
    );
  }
}

/**
 * Makes a step of a loop free what it replaces: after it, the tensors of the old carry that the new one does not hold
 * are disposed of, and so is everything the step made and did not return.
 *
 * A loop of such steps neither leaks nor needs a `dispose`. When the step throws, the old carry stays whole.
 * Inputs are never freed. Whatever the result shares with them, or `out` with the carry, is copied, so that `out` outlives the next step.
 *
 * ```ts
 * const tx = optim.sgd(0.1);
 * const step = hk.donate((w: tf.Tensor, x: tf.Tensor) => {
 *   const [loss, grads] = hk.valueAndGrad((v: tf.Tensor) => tf.mean(tf.square(tf.sub(v, x))))(w);
 *   const [updates] = tx.update(grads, tx.init(w));
 *   return [optim.applyUpdates(w, updates), loss] as const;
 * });
 * let [w, loss] = step(tf.zeros([3]), tf.ones([3]));
 * [w, loss] = step(w, tf.ones([3]));
 * ```
 *
 * @throws `donate-result-invalid` when the step does not return `[carry, out]`, `async-function` when it returns a promise,
 * `tensor-disposed` when it is called with a carry of an earlier step
 */
export function donate<Carry, Inputs extends readonly unknown[], Out>(
  step: (carry: Carry, ...inputs: Inputs) => readonly [Carry, Out],
): (carry: Carry, ...inputs: Inputs) => [carry: Carry, out: Out] {
  return (carry, ...inputs) => {
    checkAlive([carry, inputs], 'the step of hk.donate');
    const old = new Set(tensorsOf(carry));
    const result = guardLeaves(
      tidyTree((): [Carry, Out] => {
        const mark = tensorIdMark();
        const made = checkSynchronous(
          step(carry, ...inputs),
          () => `The step ${step.name || '(…) => …'} given to hk.donate`,
        );
        checkResult(made);
        const seen = new Set<Tensor>();
        const own = (keepsOld: boolean) => (leaf: Tensor) => {
          if (!isTensor(leaf)) return leaf;
          const stays = !seen.has(leaf) && (leaf.id >= mark || (keepsOld && old.has(leaf)));
          seen.add(leaf);
          return stays ? leaf : clone(leaf);
        };
        const next = map(own(true), made[0]) as Carry;
        return [next, map(own(false), made[1]) as Out];
      }),
    );
    const kept = new Set(tensorsOf(result[0]));
    for (const leaf of old) if (!kept.has(leaf)) leaf.dispose();
    return result;
  };
}

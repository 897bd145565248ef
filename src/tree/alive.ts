import { isTensor } from '../backend/engine.js';
import { whatIs } from '../backend/what-is.js';
import { disposed } from '../errors/disposed.js';
import { leaves, type Tree } from './tree.js';

/**
 * Checks a nesting before work begins on it: TensorFlow.js itself fails on a disposed tensor late, and with another message.
 *
 * @param taker what takes the nesting, for the message
 * @throws `tensor-disposed` when a tensor of a nesting was disposed
 */
export function checkAlive(tree: unknown, taker: string): void {
  for (const leaf of leaves(tree as Tree<unknown>)) {
    if (isTensor(leaf) && leaf.isDisposed) {
      throw disposed(`A tensor ${whatIs(leaf)} for ${taker}`);
    }
  }
}

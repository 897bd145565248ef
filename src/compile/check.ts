import { isTensor } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';
import { leavesWithPath } from '../tree/tree.js';

/** How far a replay may be from the function itself, relative to the largest value. */
const TOLERANCE = 1e-5;

function differenceOf(a: ArrayLike<number>, b: ArrayLike<number>): { difference: number; scale: number } {
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < b.length; i++) {
    scale = Math.max(scale, Math.abs(b[i]));
    if (!Object.is(a[i], b[i]) && a[i] !== b[i])
      difference = Math.max(difference, Math.abs(a[i] - b[i]) || Infinity);
  }
  return { difference, scale };
}

/**
 * Compares the results of a replay with those of the function itself, which it runs and whose tensors it frees.
 *
 * @throws `jit-check-failed`
 */
export function checkReplay(replayed: readonly unknown[], run: () => unknown): void {
  const expected = leavesWithPath<unknown>([run()]);
  try {
    expected.forEach(({ path, leaf }, i) => {
      const actual = replayed[i];
      if (!isTensor(leaf) || !isTensor(actual)) return;
      const { difference, scale } = differenceOf(actual.dataSync(), leaf.dataSync());
      if (difference > TOLERANCE * scale) {
        throw new TankaError(
          'jit-check-failed',
          `A replay gave another result than the jitted function: result ${path.slice(1).join('/') || '(root)'} differs by ` +
            `${difference} where the largest value is ${scale}. The function depends on more than its arguments ` +
            '(a captured tensor, a counter, a setting): pass that too.',
        );
      }
    });
  } finally {
    for (const { leaf } of expected) if (isTensor(leaf)) leaf.dispose();
  }
}

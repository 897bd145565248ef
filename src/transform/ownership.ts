import { clone, Tensor, tidy } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/tensors.js';
import { tensorIdMark } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';
import type { Frame } from '../module/frame.js';
import { isNode, leaves, map, type Tree } from '../tree/tree.js';

/** The tensors of a nesting. */
export function tensorsOf(tree: unknown): Tensor[] {
  return leaves(tree).filter(isTensor);
}

/** The parameters and state entries of a frame that were made since `mark`: they outlive the code that made them. */
export function tensorsMade(frame: Frame | undefined, mark: number): Tensor[] {
  if (frame === undefined) return [];
  const made: Tensor[] = [];
  const add = (value: unknown): void => {
    if (!isTensor(value)) made.push(...tensorsOf(value).filter((tensor) => tensor.id >= mark));
    else if (value.id >= mark) made.push(value);
  };
  if (!frame.frozen) for (const entries of frame.params.values()) entries.forEach(add);
  for (const entries of frame.state.values()) {
    for (const { initial, current } of entries.values()) {
      add(current);
      if (initial !== current) add(initial);
    }
  }
  return made;
}

function checkLeaf(leaf: object): void {
  const hidden =
    leaf instanceof Map ||
    leaf instanceof Set ||
    (!ArrayBuffer.isView(leaf) &&
      !('moduleName' in leaf) &&
      Object.values(leaf).some((value) => isTensor(value)));
  if (hidden) {
    throw new TankaError(
      'result-unsupported',
      `The function returned a ${leaf.constructor.name}, whose tensors cannot be followed and would be freed. ` +
        'Return tensors in plain objects and arrays.',
    );
  }
}

/**
 * Copies the leaves of a result that are not its own: made before `mark`, or met before in the result.
 *
 * @throws `result-unsupported` for tensors in anything but plain objects and arrays
 */
export function ownLeaves<T>(result: T, mark: number): T {
  const seen = new Set<unknown>();
  return map((leaf: Tensor) => {
    if (!isTensor(leaf)) {
      if (typeof leaf === 'object' && leaf !== null) checkLeaf(leaf);
      return leaf;
    }
    const own = leaf.id < mark || seen.has(leaf) ? clone(leaf) : leaf;
    seen.add(own);
    return own;
  }, result) as T;
}

/** Runs `f` in a tidy scope that the tensors of its result and what it made in `frame` outlive. */
export function tidyInFrame<T>(frame: Frame | undefined, f: () => T): T {
  let result: T | undefined;
  tidy(() => {
    const mark = tensorIdMark();
    result = f();
    return [...tensorsOf(result), ...tensorsMade(frame, mark)];
  });
  return result as T;
}

/** Runs `f` in a tidy scope; what it returns is the caller's alone. */
export function tidyOwned<T>(frame: Frame | undefined, f: () => T): T {
  return tidyInFrame(frame, () => {
    const mark = tensorIdMark();
    return ownLeaves(f(), mark);
  });
}

/** @throws `tensor-disposed` when a tensor of a nesting was disposed. */
export function checkAlive(tree: unknown, where: string): void {
  const check = (leaf: unknown): void => {
    if (isTensor(leaf) && leaf.isDisposed) {
      throw new TankaError(
        'tensor-disposed',
        `A tensor of shape [${String(leaf.shape)}] in ${where} was disposed before. ` +
          'Dispose of a tensor after its last use, and return from tf.tidy what is needed outside of it.',
      );
    }
  };
  if (isNode(tree)) leaves(tree as Tree<unknown>).forEach(check);
  else check(tree);
}

import { Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { whatIs } from '../backend/what-is.js';
import { TankaError } from '../errors/tanka-error.js';
import { isKey, type PRNGKey } from '../random/key.js';
import { checkAlive } from '../tree/alive.js';
import { leavesWithPath, structure, unflatten } from '../tree/tree.js';

/** Arguments of a jitted function, taken apart. */
export interface TakenArguments {
  readonly tensors: readonly Tensor[];
  readonly keys: readonly PRNGKey[];
  /** Equal for arguments that one plan serves: nesting, shapes, dtypes and static values. */
  readonly signature: string;
  /** The static values alone, for the warning about too many plans. */
  readonly statics: string;
}

function unsupported(path: readonly string[], leaf: unknown): TankaError {
  return new TankaError(
    'jit-argument-unsupported',
    `Argument ${path.join('.')} of a jitted function is ${whatIs(leaf)}. It takes tensors, keys (Uint32Array of length 2), numbers, booleans, ` +
      'strings, null and nestings of them: pass others through a closure.',
  );
}

/** A text for a static value that is equal only for equal values. */
function staticText(value: unknown): string {
  return Object.is(value, -0)
    ? 'number:-0'
    : `${typeof value}:${typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
}

/** @throws `jit-argument-unsupported`, `tensor-disposed` */
export function takeArguments(args: readonly unknown[]): TakenArguments {
  checkAlive(args, 'a jitted function');
  const tensors: Tensor[] = [];
  const keys: PRNGKey[] = [];
  const statics: string[] = [];
  const parts = leavesWithPath<unknown>(args as never).map(({ path, leaf }) => {
    if (isTensor(leaf)) {
      tensors.push(leaf);
      return `${leaf.dtype}[${String(leaf.shape)}]`;
    }
    if (isKey(leaf)) {
      keys.push(leaf);
      return 'key';
    }
    if (!['number', 'boolean', 'string', 'bigint'].includes(typeof leaf)) throw unsupported(path, leaf);
    const text = staticText(leaf);
    statics.push(text);
    return text;
  });
  return { tensors, keys, signature: JSON.stringify([structure(args), parts]), statics: statics.join() };
}

/**
 * The same arguments with tensors and keys of their own identity, so that the recorder can tell two arguments apart that are one
 * object in this call but may be two in the next.
 */
export function separated(
  args: readonly unknown[],
  tensor: (t: Tensor) => Tensor,
  key: (k: PRNGKey) => PRNGKey,
): unknown[] {
  const values = leavesWithPath<unknown>(args as never).map(({ leaf }) =>
    isTensor(leaf) ? tensor(leaf) : isKey(leaf) ? key(leaf) : leaf,
  );
  return unflatten(structure(args), values as never) as unknown[];
}

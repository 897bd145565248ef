import { readFileSync } from 'node:fs';
import { memory, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { TankaError, type ErrorCode } from '../../src/index.js';
import { dispose, map } from '../../src/tree/tree.js';

/** A file of `test/goldens/checkpoint`, written by Python. */
export function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../goldens/checkpoint/${name}`, import.meta.url)));
}

/** Asserts the code of what `f` throws, and that no tensor stays behind. */
export function expectError(code: ErrorCode, f: () => unknown, part?: string | RegExp): TankaError {
  const before = memory().numTensors;
  try {
    f();
  } catch (error) {
    expect(error).to.be.instanceOf(TankaError);
    expect((error as TankaError).code, (error as TankaError).message).to.equal(code);
    if (part !== undefined) expect((error as TankaError).message).to.match(new RegExp(part));
    expect(memory().numTensors).to.equal(before);
    return error as TankaError;
  }
  return expect.fail(`nothing was thrown, ${code} was expected`);
}

/** As {@link expectError}, for promises. */
export async function expectRejection(
  code: ErrorCode,
  f: () => Promise<unknown>,
  part?: string | RegExp,
): Promise<void> {
  let thrown: unknown;
  try {
    await f();
  } catch (error) {
    thrown = error;
  }
  expectError(
    code,
    () => {
      if (thrown !== undefined) throw thrown as Error;
    },
    part,
  );
}

/** Shape, type and bytes of every leaf, and frees the tree. */
export function contents(tree: unknown): unknown {
  const read = map((leaf: Tensor) => {
    const values = leaf.dataSync();
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
    return `${leaf.dtype} [${leaf.shape.join(', ')}] ${bytes}`;
  }, tree);
  dispose(tree);
  return read;
}

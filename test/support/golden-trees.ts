import { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { expectBits, expectClose } from './compare.js';
import { goldenValues, type ArrayReference, type GoldenArray } from './goldens.js';

type Arrays = ReadonlyMap<string, GoldenArray>;

function isReference(value: unknown): value is ArrayReference {
  return value !== null && typeof value === 'object' && '$t' in value;
}

/** The values that a reference stands for, in the dtype that they had. */
export function referenceValues(arrays: Arrays, reference: ArrayReference): ReturnType<typeof goldenValues> {
  const array = arrays.get(reference.$t);
  if (array === undefined) throw new Error(`The golden has no array '${reference.$t}'.`);
  return goldenValues(array);
}

const dtypes: Readonly<Record<string, string>> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  uint8: 'int32',
};

/**
 * Asserts that a nesting of tensors is that of the golden: structure, shapes and dtypes, and values within `tolerance` of the
 * largest, or bit by bit for 0.
 *
 * @param rename turns the golden's keys into those of the tree
 */
export function expectGoldenTree(
  actual: unknown,
  golden: unknown,
  arrays: Arrays,
  tolerance: number,
  what: string,
  rename: (key: string) => string = (key) => key,
): void {
  if (isReference(golden)) {
    expect(actual, what).to.be.instanceOf(Tensor);
    const tensor = actual as Tensor;
    expect(tensor.shape, `${what}: shape`).to.deep.equal(golden.shape);
    expect(tensor.dtype, `${what}: dtype`).to.equal(dtypes[golden.dtype]);
    const values = referenceValues(arrays, golden);
    if (tolerance === 0) expectBits(tensor, values, what);
    else expectClose(tensor, values, tolerance, what);
  } else if (Array.isArray(golden)) {
    expect(actual, what).to.be.an('array').with.lengthOf(golden.length);
    golden.forEach((item, i) => {
      expectGoldenTree((actual as unknown[])[i], item, arrays, tolerance, `${what}[${i}]`, rename);
    });
  } else if (golden !== null && typeof golden === 'object') {
    const keys = Object.keys(golden);
    expect(Object.keys(actual as object), `${what}: keys`).to.have.members(keys.map(rename));
    for (const key of keys) {
      const [mine, theirs] = [actual, golden] as Record<string, unknown>[];
      expectGoldenTree(mine[rename(key)], theirs[key], arrays, tolerance, `${what}.${rename(key)}`, rename);
    }
  } else {
    expect(actual, what).to.deep.equal(golden);
  }
}

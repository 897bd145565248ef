import { Tensor, type DataType } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits } from '../support/compare.js';
import { goldenCases, goldenTensor, goldenValues, type ArrayReference } from '../support/goldens.js';

interface RandomCase {
  readonly id: string;
  readonly fn: string;
  readonly seed: number;
  readonly shape: number[];
  readonly num: number | number[];
  readonly data: number;
  readonly bits: 8 | 16 | 32;
  readonly minval: number;
  readonly maxval: number;
  readonly lower: number;
  readonly upper: number;
  readonly p: number | number[];
  readonly n: number;
  readonly axis: number;
  readonly replace: boolean;
  readonly take: number;
  readonly reserve?: number;
  readonly logits: ArrayReference;
  readonly value: ArrayReference;
}

const { cases, arrays } = goldenCases<RandomCase>('random');
const { random } = hk;

function array(reference: ArrayReference) {
  const found = arrays.get(reference.$t);
  if (found === undefined) throw new Error(`The golden ${reference.$t} is missing.`);
  return found;
}

function flatKeys(keys: unknown): Uint32Array {
  if (keys instanceof Uint32Array) return keys;
  return Uint32Array.from((keys as unknown[]).flatMap((key) => [...flatKeys(key)]));
}

/** Asserts that float32 values are at most `ulps` apart, counted in float32 numbers. */
function expectUlps(actual: Float32Array, expected: Float32Array, ulps: number): void {
  const a = new Int32Array(actual.buffer, actual.byteOffset, actual.length);
  const b = new Int32Array(expected.buffer);
  for (const [i, bits] of a.entries()) expect(Math.abs(bits - b[i])).to.be.at.most(ulps);
}

/** Runs a case; tensors and typed arrays alike. */
function run(c: RandomCase): Tensor | Uint8Array | Uint16Array | Uint32Array {
  if (c.fn === 'key') return random.key(c.seed);
  const key = random.key(c.seed);
  switch (c.fn) {
    case 'split':
      return flatKeys(typeof c.num === 'number' ? random.split(key, c.num) : random.split(key, c.num));
    case 'fold_in':
      return random.foldIn(key, c.data);
    case 'bits':
      return random.bits(key, c.shape, { bits: c.bits });
    case 'uniform':
      return random.uniform(key, c.shape, { minval: c.minval, maxval: c.maxval });
    case 'normal':
      return random.normal(key, c.shape);
    case 'truncated_normal':
      return random.truncatedNormal(key, c.lower, c.upper, c.shape);
    case 'bernoulli':
      return random.bernoulli(key, c.p, c.shape);
    case 'randint':
      return random.randint(key, c.shape, c.minval, c.maxval);
    case 'gumbel':
      return random.gumbel(key, c.shape);
    case 'rademacher':
      return random.rademacher(key, c.shape);
    case 'permutation':
      return random.permutation(key, c.n);
    case 'permutation_array': {
      const range = goldenTensor({
        shape: [4, 3],
        dtype: 'F32',
        bytes: new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i).buffer),
      });
      const result = random.permutation(key, range, { axis: c.axis });
      range.dispose();
      return result;
    }
    case 'exponential':
      return random.exponential(key, c.shape);
    case 'laplace':
      return random.laplace(key, c.shape);
    case 'logistic':
      return random.logistic(key, c.shape);
    case 'cauchy':
      return random.cauchy(key, c.shape);
    case 'choice':
      return random.choice(key, c.n, c.shape, { replace: c.replace, p: c.p as number[] | undefined });
    case 'categorical': {
      const logits = goldenTensor(array(c.logits));
      const result = random.categorical(key, logits, {
        axis: c.axis,
        shape: 'shape' in c ? c.shape : undefined,
      });
      logits.dispose();
      return result;
    }
    case 'prng_sequence': {
      const sequence = new hk.PRNGSequence(c.seed);
      if (c.id.includes('take')) return flatKeys(sequence.take(c.take));
      sequence.reserve(c.reserve ?? 0);
      return flatKeys(Array.from({ length: c.take }, () => sequence.nextKey()));
    }
    default:
      throw new Error(`The function ${c.fn} of case ${c.id} is not known here.`);
  }
}

const dtypes: Record<string, DataType | 'uint32'> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  uint32: 'uint32',
};

describe('random numbers are those of JAX', () => {
  for (const c of cases) {
    it(c.id, () => {
      const result = run(c);
      const expected = goldenValues(array(c.value));
      if (result instanceof Tensor) {
        expect(result.shape).to.deep.equal(c.value.shape);
        expect(result.dtype).to.equal(dtypes[c.value.dtype]);
        // The host's tangent is not that of the machine that made the goldens.
        if (c.fn === 'cauchy') expectUlps(result.dataSync() as Float32Array, expected as Float32Array, 1);
        else expectBits(result, expected, c.id);
        result.dispose();
      } else {
        expectBits(Uint32Array.from(result), expected, c.id);
      }
    });
  }
});

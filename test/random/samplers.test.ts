import { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits } from '../support/compare.js';
import { goldenCases, goldenTensor, goldenValues, type ArrayReference } from '../support/goldens.js';

type Argument = number | string | number[] | ArrayReference;

interface SamplerCase {
  readonly id: string;
  readonly fn: string;
  /** A string beyond 2^53. */
  readonly seed: number | string;
  readonly args: Argument[];
  readonly options: Record<string, Argument | boolean>;
  readonly value: ArrayReference;
}

const { cases, arrays } = goldenCases<SamplerCase>('random_samplers');

/**
 * How far a value may be from JAX's, relative to itself, where XLA's result depends on more than the formula (its own pow and exp, LAPACK, the
 * way in which it fuses a rejection loop). Everything else is compared bit by bit.
 */
function relativeTolerance({ fn, args: [a] }: SamplerCase): number {
  switch (fn) {
    case 'ball':
      return 1e-6;
    case 'beta':
    case 'dirichlet':
      return 1e-5;
    case 'gamma':
      return typeof a === 'number' && a >= 1 ? 5e-7 : 1e-5;
    case 'multivariateNormal':
      return 1e-4;
    default:
      return 0;
  }
}

type Sampler = (key: hk.PRNGKey, ...args: unknown[]) => Tensor | Uint32Array | Uint32Array[];
const samplers = hk.random as unknown as Record<string, Sampler>;

function isReference(value: unknown): value is ArrayReference {
  return typeof value === 'object' && value !== null && '$t' in value;
}

function run(c: SamplerCase): Tensor | Uint32Array {
  const made: Tensor[] = [];
  const resolve = (value: unknown): unknown => {
    if (!isReference(value)) return value;
    const tensor = goldenTensor(arrays.get(value.$t)!);
    made.push(tensor);
    return tensor;
  };
  const args = c.args.map(resolve);
  const options = Object.fromEntries(
    Object.entries(c.options).map(([name, value]) => [name, resolve(value)]),
  );
  const key = hk.random.key(typeof c.seed === 'string' ? BigInt(c.seed) : c.seed);
  const takesOptions = Object.keys(options).length > 0;
  const result = c.fn === 'key' ? key : samplers[c.fn](key, ...args, ...(takesOptions ? [options] : []));
  for (const tensor of made) tensor.dispose();
  if (Array.isArray(result)) return Uint32Array.from(result.flatMap((key) => [...key]));
  return result instanceof Tensor ? result : Uint32Array.from(result);
}

describe('samplers agree with JAX', () => {
  for (const c of cases) {
    it(c.id, () => {
      const expected = goldenValues(arrays.get(c.value.$t)!);
      const result = hk.config.context({ threefryPartitionable: !c.id.endsWith('/original') }, () => run(c));
      if (!(result instanceof Tensor)) {
        expectBits(result, expected, c.id);
        return;
      }
      expect(result.shape).to.deep.equal(c.value.shape);
      expect(result.dtype).to.equal(c.value.dtype);
      const tolerance = relativeTolerance(c);
      if (tolerance === 0) expectBits(result, expected, c.id);
      else {
        const values = result.dataSync();
        for (const [i, value] of expected.entries()) {
          expect(values[i], `${c.id}[${i}]`).to.be.closeTo(value, tolerance * Math.abs(value) + 1e-37);
        }
      }
      result.dispose();
    });
  }
});

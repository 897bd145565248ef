import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits } from '../support/compare.js';
import { goldenCases, goldenValues, type ArrayReference } from '../support/goldens.js';
import { tolerances } from '../support/tolerances.js';

interface InitializerCase {
  readonly id: string;
  readonly initializer: { readonly $init: string; readonly args: Record<string, unknown> };
  readonly seed: number;
  readonly shape: number[];
  readonly value?: ArrayReference;
  readonly error?: string;
}

const { cases, arrays } = goldenCases<InitializerCase>('initializers');

const camelCase = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function make({ $init, args }: InitializerCase['initializer']): hk.Initializer {
  const name = $init[0].toLowerCase() + $init.slice(1);
  const factories = hk.initializers as unknown as Record<string, (argument: unknown) => hk.Initializer>;
  if (name === 'constant') return factories[name](args.constant);
  return factories[name](
    Object.fromEntries(Object.entries(args).map(([key, value]) => [camelCase(key), value])),
  );
}

describe('initial values are those of Haiku', () => {
  for (const c of cases) {
    it(c.id, () => {
      const f = hk.transform(() => make(c.initializer)(c.shape, 'float32'));
      if (c.value === undefined) {
        expect(() => f.apply({}, c.seed)).to.throw(hk.TankaError);
        return;
      }
      const expected = goldenValues(arrays.get(c.value.$t)!);
      const result = f.apply({}, c.seed);
      expect(result.shape).to.deep.equal(c.shape);
      expect(result.dtype).to.equal('float32');
      if (c.initializer.$init === 'Orthogonal') {
        const values = result.dataSync();
        for (const [i, value] of expected.entries())
          expect(values[i]).to.be.closeTo(value, tolerances.orthogonal);
      } else {
        expectBits(result, expected, c.id);
      }
      result.dispose();
    });
  }
});

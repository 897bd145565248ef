import { expandDims, mul, ones, reshape, squeeze, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits } from '../support/compare.js';

/** Runs a function in a transform and frees what it returns after `use`. */
function withResult<R>(f: () => R, use: (result: R) => void): void {
  const plain: () => unknown = f;
  const result = hk.transform(plain).apply({}, null);
  use(result as R);
  hk.tree.dispose(result);
}

describe('BatchApply', () => {
  it('runs a function on merged leading dimensions and splits its outputs', () => {
    const x = ones([2, 3, 4]);
    let seen: number[] = [];
    const f = (y: Tensor) => {
      seen = y.shape;
      return { whole: mul(y, 2), part: reshape(y, [6, 2, 2]) };
    };
    withResult(
      () => new hk.BatchApply(f).call<{ whole: Tensor; part: Tensor }>(x),
      ({ whole, part }) => {
        expect(seen).to.deep.equal([6, 4]);
        expect(whole.shape).to.deep.equal([2, 3, 4]);
        expect(part.shape).to.deep.equal([2, 3, 2, 2]);
      },
    );
    x.dispose();
  });

  it('merges more dimensions, of all arguments, and lets everything else pass', () => {
    const x = ones([2, 3, 4, 5]);
    const low = ones([2, 3]);
    const seen: unknown[] = [];
    const f = (...args: unknown[]) => {
      seen.push(...args.map((arg) => (arg as Tensor | null)?.shape ?? arg));
      return args[0] as Tensor;
    };
    withResult(
      () => new hk.BatchApply(f, { numDims: 3 }).call(x, { x }, low, 0.5, null),
      (y) => {
        expect(seen[0]).to.deep.equal([24, 5]);
        expect((seen[1] as { x: Tensor }).x.shape).to.deep.equal([24, 5]);
        expect(seen.slice(2)).to.deep.equal([[2, 3], 0.5, null]);
        expect(y.shape).to.deep.equal([2, 3, 4, 5]);
      },
    );
    hk.tree.dispose([x, low]);
  });

  it('takes a module, whose name it leaves alone', () => {
    const model = hk.transform((x: Tensor) => new hk.BatchApply(new hk.Linear(3)).call(x));
    const direct = hk.transform((x: Tensor) => new hk.Linear(3).call(x));
    const x = ones([2, 3, 4]);
    const params = model.init(42, x);
    const y = model.apply(params, null, x);
    const expected = direct.apply(params, null, x);
    expectBits(y, expected.dataSync());
    hk.tree.dispose([params, x, y, expected]);
  });

  it('refuses inputs that are all of lower rank', () => {
    const x = ones([2]);
    const call = () => hk.transform(() => new hk.BatchApply((y: Tensor) => y).call(x, 1)).apply({}, null);
    expect(call).to.throw(hk.TankaError, 'merges 2 dimensions').with.property('code', 'input-rank');
    x.dispose();
  });
});

describe('expandApply', () => {
  for (const axis of [0, -1] as const) {
    it(`adds and removes a dimension at axis ${axis}`, () => {
      const x = tensor([[1, 2, 3]]);
      const f = (y: Tensor, { z }: { z: Tensor }) => {
        expect(y.shape).to.deep.equal(axis === 0 ? [1, 1, 3] : [1, 3, 1]);
        expect(z.shape).to.deep.equal(y.shape);
        return [mul(y, 2)];
      };
      withResult(
        () => hk.expandApply<[Tensor, { z: Tensor }], [Tensor]>(f, { axis })(x, { z: x }),
        ([y]) => {
          expect(y.shape).to.deep.equal([1, 3]);
          expect([...y.dataSync()]).to.deep.equal([2, 4, 6]);
        },
      );
      x.dispose();
    });
  }

  it('does what a step of an unroll does', () => {
    const model = hk.transform((x: Tensor) => {
      const core = new hk.VanillaRNN(3);
      const unroll = (xs: Tensor) => hk.dynamicUnroll(core, xs, core.initialState(2))[0];
      return hk.expandApply(unroll)(x);
    });
    const direct = hk.transform((x: Tensor) => {
      const core = new hk.VanillaRNN(3);
      return core.call(x, core.initialState(2))[0];
    });
    const x = ones([2, 4]);
    const params = model.init(42, x);
    const results = [model.apply(params, null, x), direct.apply(params, null, x)];
    expectBits(results[0], results[1].dataSync());
    hk.tree.dispose([results, params, x]);
  });

  it('refuses other axes', () => {
    expect(() => hk.expandApply(expandDims, { axis: 1 as never }))
      .to.throw(hk.TankaError, 'axis: 1')
      .with.property('code', 'call-options');
    expect(() => hk.expandApply(squeeze)).not.to.throw();
  });
});

describe('results of layers that take any function', () => {
  type Expect<T extends true> = T;
  type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

  it('are tensors unless said otherwise, also at the end of a transformed function', () => {
    const sequential = hk.transform((x: Tensor) => new hk.Sequential([hk.nn.relu]).call(x));
    const batched = hk.transform((x: Tensor) => new hk.BatchApply(hk.nn.relu).call(x));
    const stated = hk.transform((x: Tensor) => new hk.Sequential([() => [x]]).call<[Tensor]>(x));
    const types: [
      Expect<Equal<ReturnType<typeof sequential.apply>, Tensor>>,
      Expect<Equal<ReturnType<typeof batched.apply>, Tensor>>,
      Expect<Equal<ReturnType<typeof stated.apply>, [Tensor]>>,
    ] = [true, true, true];
    expect(types).to.have.lengthOf(3);
    const x = ones([2, 2]);
    const results = [sequential.apply({}, null, x), batched.apply({}, null, x), stated.apply({}, null, x)];
    expect(results.flat().map(({ shape }) => shape)).to.deep.equal([x.shape, x.shape, x.shape]);
    hk.tree.dispose([results, x]);
  });
});

import { add, ones, sum, type Rank, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import type { Equal, Expect } from '../support/types.js';

type Rng = hk.RngLike;

const double = (inputs: Tensor2D, training?: boolean): Scalar => {
  const total = sum<Scalar>(inputs);
  return training === true ? add(total, total) : total;
};

describe('types of transforms', () => {
  const model = hk.transform(double);
  const stateful = hk.transformWithState(double);

  it('carry arguments, their labels and optionality, and results', () => {
    type Init = Expect<
      Equal<Parameters<typeof model.init>, [rng: Rng, inputs: Tensor2D, training?: boolean | undefined]>
    >;
    type Apply = Expect<
      Equal<
        Parameters<typeof model.apply>,
        [params: hk.Params, rng: Rng, inputs: Tensor2D, training?: boolean | undefined]
      >
    >;
    type Result = Expect<Equal<ReturnType<typeof model.apply>, Scalar>>;
    type Made = Expect<Equal<ReturnType<typeof model.init>, hk.Params>>;
    const holds: [Init, Apply, Result, Made] = [true, true, true, true];
    expect(holds).to.not.include(false);
    const x = ones<Rank.R2>([2, 2]);
    const y = model.apply(model.init(null, x), null, x, true);
    expect(y.dataSync()[0]).to.equal(8);
    hk.tree.dispose([x, y]);
  });

  it('carry state', () => {
    type Apply = Expect<
      Equal<
        Parameters<typeof stateful.apply>,
        [params: hk.Params, state: hk.State, rng: Rng, inputs: Tensor2D, training?: boolean | undefined]
      >
    >;
    type Result = Expect<Equal<ReturnType<typeof stateful.apply>, [result: Scalar, state: hk.State]>>;
    type Made = Expect<Equal<ReturnType<typeof stateful.init>, [params: hk.Params, state: hk.State]>>;
    const holds: [Apply, Result, Made] = [true, true, true];
    expect(holds).to.not.include(false);
  });

  it('lose the key, and nothing else, with withoutApplyRng', () => {
    const pure = hk.withoutApplyRng(model);
    const pureStateful = hk.withoutApplyRng(stateful);
    type Apply = Expect<
      Equal<
        Parameters<typeof pure.apply>,
        [params: hk.Params, inputs: Tensor2D, training?: boolean | undefined]
      >
    >;
    type Stateful = Expect<
      Equal<
        Parameters<typeof pureStateful.apply>,
        [params: hk.Params, state: hk.State, inputs: Tensor2D, training?: boolean | undefined]
      >
    >;
    const holds: [Apply, Stateful] = [true, true];
    expect(holds).to.not.include(false);
    const x = ones<Rank.R2>([1, 3]);
    const y = pure.apply({}, x);
    const [z] = pureStateful.apply({}, {}, x, true);
    expect([y.dataSync()[0], z.dataSync()[0]]).to.deep.equal([3, 6]);
    hk.tree.dispose([x, y, z]);
  });

  it('follow the nesting of multiTransform', () => {
    const multi = hk.multiTransform(() => {
      const encode = (x: Tensor, scale: number): Tensor => add(x, scale);
      return [encode, { encode, parts: [(): number => 1, (flag: boolean) => String(flag)] }];
    });
    type Template = Expect<Equal<Parameters<typeof multi.init>, [rng: Rng, x: Tensor, scale: number]>>;
    type Encode = Expect<
      Equal<Parameters<typeof multi.apply.encode>, [params: hk.Params, rng: Rng, x: Tensor, scale: number]>
    >;
    type First = Expect<Equal<ReturnType<(typeof multi.apply.parts)[0]>, number>>;
    type Second = Expect<Equal<ReturnType<(typeof multi.apply.parts)[1]>, string>>;
    const holds: [Template, Encode, First, Second] = [true, true, true, true];
    expect(holds).to.not.include(false);
    expect(multi.apply.parts[1]({}, null, true)).to.equal('true');
  });

  it('refuse wrong arguments', () => {
    const wrong = (): void => {
      // @ts-expect-error: the key is missing
      model.init();
      // @ts-expect-error: a string is no tensor
      model.init(null, 'x');
      // @ts-expect-error: no such argument
      model.init(null, ones<Rank.R2>([1, 1]), true, 3);
      // @ts-expect-error: the state is missing
      stateful.apply({}, null, ones<Rank.R2>([1, 1]));
      // @ts-expect-error: this pair takes no key
      hk.withoutApplyRng(model).apply({}, null, ones<Rank.R2>([1, 1]));
    };
    expect(wrong).to.be.a('function');
  });

  it('refuse asynchronous functions, as the call does', () => {
    // @ts-expect-error: an async function
    const late = hk.transform(async () => Promise.resolve(1));
    // @ts-expect-error: an async function
    const lateWithState = hk.transformWithState(async () => Promise.resolve(1));
    expect(errorCode(() => (late as hk.Transformed<[], unknown>).init(null))).to.equal('async-function');
    expect(errorCode(() => (lateWithState as hk.TransformedWithState<[], unknown>).init(null))).to.equal(
      'async-function',
    );
  });
});

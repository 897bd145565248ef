import { add, memory, mul, scalar, tensor1d, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { donate, TankaError } from '../../src/index.js';
import { dispose } from '../../src/tree/tree.js';

function codeOf(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    if (error instanceof TankaError) return error.code;
    throw error;
  }
  return 'nothing';
}

describe('donate', () => {
  it('frees what the step replaces and what it made on the way', () => {
    const step = donate((carry: { a: Tensor; b: Tensor }, x: Tensor) => {
      const halfway = mul(carry.a, x);
      return [{ a: add(halfway, 1), b: carry.b }, mul(halfway, 2)];
    });
    const x = tensor1d([1, 2]);
    const first = { a: zeros([2]), b: zeros([3]) };
    const before = memory().numTensors;
    const [second, out] = step(first, x);
    expect(memory().numTensors).to.equal(before + 1);
    expect(first.a.isDisposed).to.equal(true);
    expect(second.b).to.equal(first.b);
    expect([...second.a.dataSync()]).to.deep.equal([1, 1]);
    dispose([second, out, x]);
  });

  it('does not grow over many steps', () => {
    const step = donate((w: Tensor) => [mul(w, 0.9), null]);
    let w: Tensor = zeros([4]);
    const before = memory();
    for (let i = 0; i < 1000; i++) [w] = step(w);
    expect(memory().numTensors).to.equal(before.numTensors);
    expect(memory().numBytes).to.equal(before.numBytes);
    w.dispose();
  });

  it('keeps the old carry when the step throws, and frees what it had made', () => {
    const step = donate((w: Tensor): [Tensor, null] => {
      mul(w, 2);
      throw new Error('no');
    });
    const w = scalar(3);
    const before = memory().numTensors;
    expect(() => step(w)).to.throw('no');
    expect(memory().numTensors).to.equal(before);
    expect(w.dataSync()[0]).to.equal(3);
    w.dispose();
  });

  it('gives results handles of their own', () => {
    const x = scalar(5);
    const step = donate((carry: { w: Tensor; old: Tensor }) => {
      const loss = add(carry.w, x);
      return [
        { w: loss, old: loss, input: x },
        { loss, before: carry.w, x },
      ] as unknown as [typeof carry, { loss: Tensor; before: Tensor; x: Tensor }];
    });
    const [carry, out] = step({ w: scalar(1), old: scalar(0) });
    const [next, later] = step(carry);
    // What came out of the first step outlives the second; the input belongs to the caller.
    expect(out.loss.dataSync()[0]).to.equal(6);
    expect(out.before.dataSync()[0]).to.equal(1);
    expect(x.isDisposed).to.equal(false);
    expect(carry.w.isDisposed && carry.old.isDisposed).to.equal(true);
    dispose([next, out, later, x]);
  });

  it('takes a carry that holds a tensor twice', () => {
    const step = donate((carry: Tensor[]) => [carry, null]);
    const w = scalar(1);
    const [next] = step([w, w]);
    expect(next[0]).to.equal(w);
    expect(next[1]).to.not.equal(w);
    const [last] = step(next);
    expect(last[0].dataSync()[0] + last[1].dataSync()[0]).to.equal(2);
    dispose(last);
  });

  it('refuses a step that does not return [carry, out]', () => {
    const w = scalar(1);
    const wrong = [(x: Tensor) => mul(x, 2), (x: Tensor) => [x], () => undefined, () => ({ carry: 1 })];
    for (const step of wrong) {
      expect(codeOf(() => (donate(step as never) as (x: Tensor) => unknown)(w))).to.equal(
        'donate-result-invalid',
      );
    }
    expect(
      codeOf(() => (donate((() => Promise.resolve([1, 2])) as never) as (x: Tensor) => unknown)(w)),
    ).to.equal('async-function');
    expect(w.isDisposed).to.equal(false);
    w.dispose();
  });

  it('keeps the types of carry, inputs and out', () => {
    type Expect<T extends true> = T;
    type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
    const step = donate((carry: { w: Tensor }, x: Tensor, rate: number) => [
      { w: mul(add(carry.w, x), rate) },
      rate,
    ]);
    const types: [
      Expect<Equal<Parameters<typeof step>, [carry: { w: Tensor }, x: Tensor, rate: number]>>,
      Expect<Equal<ReturnType<typeof step>, [carry: { w: Tensor }, out: number]>>,
    ] = [true, true];
    expect(types).to.deep.equal([true, true]);
    expect(step).to.be.a('function');
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const { key, split } = hk.random;

/** The first `n` keys of a chain of splits in two. */
function chain(start: hk.PRNGKey, n: number): hk.PRNGKey[] {
  const keys: hk.PRNGKey[] = [];
  let current = start;
  for (let i = 0; i < n; i++) {
    const [next, drawn] = split(current);
    keys.push(drawn);
    current = next;
  }
  return keys;
}

/** `n` draws. */
function draw(sequence: hk.PRNGSequence, n: number): hk.PRNGKey[] {
  return Array.from({ length: n }, () => sequence.nextKey());
}

/** What `f` returns when it is applied with `rng`. */
function run<R>(f: () => R, rng: hk.RngLike = 42): R {
  return hk.transform(f as () => unknown).apply({}, rng) as R;
}

describe('Haiku intents C: random numbers', () => {
  for (const seed of [42, 28]) {
    it(`C1 a sequence of seed ${seed} is a chain of splits`, () => {
      expect(draw(new hk.PRNGSequence(seed), 5)).to.deep.equal(chain(key(seed), 5));
      expect(draw(new hk.PRNGSequence(key(seed)), 5)).to.deep.equal(chain(key(seed), 5));
    });
  }

  it('C2 reserve(10) is a split in eleven', () => {
    const sequence = new hk.PRNGSequence(42);
    sequence.reserve(10);
    expect(draw(sequence, 10)).to.deep.equal(split(key(42), 11).slice(1));
  });

  it('C3 reserve(2) twice is two splits in three', () => {
    const sequence = new hk.PRNGSequence(42);
    sequence.reserve(2);
    sequence.reserve(2);
    const [next, ...first] = split(key(42), 3);
    expect(draw(sequence, 4)).to.deep.equal([...first, ...split(next, 3).slice(1)]);
  });

  it('C4 take(10) is a split in eleven', () => {
    expect(new hk.PRNGSequence(42).take(10)).to.deep.equal(split(key(42), 11).slice(1));
  });

  for (const wrong of ['nonsense', new Uint32Array(3), [key(1), key(2)], new Float32Array(2)]) {
    it(`C5 ${Object.prototype.toString.call(wrong)} of length ${wrong.length} is no key`, () => {
      expect(['key-invalid', 'seed-invalid']).to.include(
        errorCode(() => new hk.PRNGSequence(wrong as never)),
      );
    });
  }

  it('C6 nextRngKey and maybeNextRngKey draw from one sequence', () => {
    const four = <T>(f: () => T): T[] => [f(), f(), f(), f()];
    expect(run(() => four(hk.maybeNextRngKey))).to.deep.equal(run(() => four(hk.nextRngKey)));
  });

  it('C7 without a key nothing can be drawn', () => {
    expect(errorCode(() => run(() => hk.nextRngKey(), null))).to.equal('rng-missing');
    expect(run(() => [hk.maybeNextRngKey(), hk.maybeGetRngSequenceState()], null)).to.deep.equal([
      null,
      null,
    ]);
  });

  it('C8 withRng draws from a key of its own and leaves the outer sequence', () => {
    const [inner, outer] = run(() => [hk.withRng(key(7), () => hk.nextRngKey()), hk.nextRngKey()]);
    expect(inner).to.deep.equal(split(key(7))[1]);
    expect(outer).to.deep.equal(split(key(42))[1]);
    expect(run(() => hk.withRng(7, () => hk.nextRngKey()), null)).to.deep.equal(inner);
    expect(run(() => errorCode(() => hk.withRng(null as never, () => 0)))).to.equal('key-invalid');
  });

  it('C9 with rngReserveSize 5, nextRngKeys(5) is a split in six, twice over', () => {
    hk.config.context({ rngReserveSize: 5 }, () => {
      const [next, ...first] = split(key(42), 6);
      expect(run(() => [...hk.nextRngKeys(5), ...hk.nextRngKeys(5)])).to.deep.equal([
        ...first,
        ...split(next, 6).slice(1),
      ]);
    });
  });

  it('C10 putting the state of the sequence back replays it', () => {
    const [first, again] = run(() => {
      const state = hk.maybeGetRngSequenceState();
      const drawn = [hk.nextRngKey(), hk.nextRngKey()];
      if (state !== null) hk.replaceRngSequenceState(state);
      return [drawn, [hk.nextRngKey(), hk.nextRngKey()]];
    });
    expect(again).to.deep.equal(first);
    expect(first).to.deep.equal(chain(key(42), 2));
  });

  it('C11 subkeys of a state that is put back come first', () => {
    const drawn = run(() => {
      hk.replaceRngSequenceState([key(3), [key(1), key(2)]]);
      return [hk.nextRngKey(), hk.nextRngKey(), hk.nextRngKey()];
    });
    expect(drawn).to.deep.equal([key(1), key(2), split(key(3))[1]]);
  });

  it('C12 optimizeRngUse is one split, otherwise keys are a chain', () => {
    const three = (): hk.PRNGKey[] => [hk.nextRngKey(), hk.nextRngKey(), hk.nextRngKey()];
    expect(run(three)).to.deep.equal(chain(key(42), 3));
    expect(run(() => hk.experimental.optimizeRngUse(three)())).to.deep.equal(split(key(42), 4).slice(1));
  });

  it('C13 a wrong rng is named with its place among the arguments', () => {
    const plain = hk.transform(() => 1);
    const stateful = hk.transformWithState(() => 1);
    expect(() => plain.init('x' as never)).to.throw('init(rng, ');
    expect(() => plain.apply({}, 'x' as never)).to.throw('apply(params, rng, ');
    expect(() => stateful.apply({}, {}, 'x' as never)).to.throw('apply(params, state, rng, ');
  });

  it('C14 dropout keeps the mean and its rate; broadcast dimensions share a mask', () => {
    const [mean, zeros, rows] = tf.tidy(() => {
      const y = hk.dropout(key(42), 0.25, tf.ones([1000, 1000]));
      const shared = hk.dropout(key(42), 0.5, tf.ones([4, 50]), { broadcastDims: [0] }).dataSync();
      return [
        tf.mean(y).dataSync()[0],
        tf.mean(tf.cast(tf.equal(y, 0), 'float32')).dataSync()[0],
        [0, 1, 2, 3].map((i) => [...shared.slice(i * 50, i * 50 + 50)]),
      ] as const;
    });
    expect(mean).to.be.closeTo(1, 0.01);
    expect(zeros).to.be.closeTo(0.25, 0.001);
    expect(new Set(rows[0])).to.deep.equal(new Set([0, 2]));
    for (const row of rows) expect(row).to.deep.equal(rows[0]);
  });
});

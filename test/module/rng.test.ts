import { expect } from 'chai';
import { grad, scalar, zeros, type Tensor } from '@tensorflow/tfjs-core';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const { random } = hk;
const [, first] = random.split(random.key(42));

/** What `f` returns within `apply` with the key of a seed, or with none. */
function within<R>(f: () => R, rng: hk.RngLike = 42): R {
  let result: R | undefined;
  hk.transform(() => {
    result = f();
    return zeros([]);
  })
    .apply({}, rng)
    .dispose();
  return result as R;
}

describe('keys of a transformed function', () => {
  it('are those of a PRNGSequence', () => {
    expect(within(() => [hk.nextRngKey(), hk.nextRngKey()])).to.deep.equal([
      ...new hk.PRNGSequence(42).take(0),
      ...chain(2),
    ]);
    expect(within(() => hk.nextRngKeys(3))).to.deep.equal(new hk.PRNGSequence(42).take(3));
    expect(within(() => hk.maybeNextRngKey())).to.deep.equal(first);
  });

  it('start with the subkeys of a state', () => {
    const state = new hk.PRNGSequence(42);
    state.reserve(2);
    const expected = new hk.PRNGSequence(state.internalState);
    expect(within(() => [1, 2, 3].map(() => hk.nextRngKey()), state.internalState)).to.deep.equal(
      [1, 2, 3].map(() => expected.nextKey()),
    );
  });

  it('can be reserved', () => {
    const keys = within(() => {
      hk.reserveRngKeys(2);
      return [hk.nextRngKey(), hk.nextRngKey()];
    });
    expect(keys).to.deep.equal(random.split(random.key(42), 3).slice(1));
  });

  it('are not there without a key', () => {
    expect(within(() => hk.maybeNextRngKey(), null)).to.equal(null);
    expect(within(() => hk.maybeGetRngSequenceState(), null)).to.equal(null);
    for (const f of [
      () => hk.nextRngKey(),
      () => hk.nextRngKeys(2),
      () => hk.reserveRngKeys(1),
      () => hk.replaceRngSequenceState([random.key(1), []]),
    ]) {
      expect(within(() => errorCode(f), null)).to.equal('rng-missing');
    }
  });

  it('are at least one where several are asked for', () => {
    for (const n of [0, -1, 1.5]) {
      expect(within(() => errorCode(() => hk.nextRngKeys(n)))).to.equal('random-argument-invalid');
    }
  });

  it('come from the outer sequence again when the function in withRng throws', () => {
    const key = within(() => {
      try {
        hk.withRng(1, () => {
          throw new RangeError('stop');
        });
      } catch {
        // The throw is what this test is about.
      }
      return hk.nextRngKey();
    });
    expect(key).to.deep.equal(first);
  });

  it('are refused inside a gradient of TensorFlow.js where checkJaxUsage is set', () => {
    const x = scalar(2);
    const inGradient = (): unknown =>
      within(() => {
        let code: unknown;
        grad((y: Tensor) => {
          code = errorCode(() => hk.nextRngKey());
          return y.clone();
        })(x).dispose();
        return code;
      });
    expect(inGradient()).to.equal(undefined);
    expect(hk.config.context({ checkJaxUsage: true }, inGradient)).to.equal('usage-unsafe');
    x.dispose();
  });
});

function chain(n: number): hk.PRNGKey[] {
  const sequence = new hk.PRNGSequence(42);
  return Array.from({ length: n }, () => sequence.nextKey());
}

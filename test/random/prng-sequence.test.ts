import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const { random, PRNGSequence } = hk;

/** The keys that come from splitting one off at a time. */
function chain(seed: number, n: number): hk.PRNGKey[] {
  let key = random.key(seed);
  return Array.from({ length: n }, () => {
    const [next, sub] = random.split(key);
    key = next;
    return sub;
  });
}

function draw(sequence: hk.PRNGSequence, n: number): hk.PRNGKey[] {
  return Array.from({ length: n }, () => sequence.nextKey());
}

describe('PRNGSequence', () => {
  for (const seed of [42, 28]) {
    it(`of the seed ${seed} is that of its key: one key split off at a time`, () => {
      expect(draw(new PRNGSequence(seed), 6)).to.deep.equal(chain(seed, 6));
      expect(draw(new PRNGSequence(random.key(seed)), 6)).to.deep.equal(chain(seed, 6));
      expect(draw(new PRNGSequence(BigInt(seed)), 6)).to.deep.equal(chain(seed, 6));
    });
  }

  it('is iterable', () => {
    const [a, b, c] = new PRNGSequence(42);
    expect([a, b, c]).to.deep.equal(chain(42, 3));
  });

  it('reserves keys of one split', () => {
    const sequence = new PRNGSequence(42);
    sequence.reserve(10);
    const [next, ...subkeys] = random.split(random.key(42), 11);
    expect(draw(sequence, 10)).to.deep.equal(subkeys);
    expect(sequence.nextKey()).to.deep.equal(random.split(next)[1]);
  });

  it('reserves twice by two splits', () => {
    const sequence = new PRNGSequence(42);
    sequence.reserve(2);
    sequence.reserve(2);
    const [next, ...first] = random.split(random.key(42), 3);
    const [, ...second] = random.split(next, 3);
    expect(draw(sequence, 4)).to.deep.equal([...first, ...second]);
  });

  it('reserves nothing for numbers up to 0', () => {
    const sequence = new PRNGSequence(42);
    sequence.reserve(0);
    sequence.reserve(-3);
    expect(sequence.internalState).to.deep.equal([random.key(42), []]);
  });

  it('takes keys of one split, not those of as many draws', () => {
    const taken = new PRNGSequence(42).take(4);
    expect(taken).to.deep.equal(random.split(random.key(42), 5).slice(1));
    expect(taken).not.to.deep.equal(chain(42, 4));
  });

  it('takes reserved keys first', () => {
    const sequence = new PRNGSequence(42);
    sequence.reserve(2);
    const [next, ...reserved] = random.split(random.key(42), 3);
    expect(sequence.take(4)).to.deep.equal([...reserved, ...random.split(next, 3).slice(1)]);
  });

  it('splits off as many keys at once as rngReserveSize says', () => {
    const keys = hk.config.context({ rngReserveSize: 3 }, () => draw(new PRNGSequence(42), 4));
    const [next, ...first] = random.split(random.key(42), 4);
    expect(keys).to.deep.equal([...first, random.split(next, 4)[1]]);
  });

  it('fills up to rngReserveSize and drops what is beyond', () => {
    const sequence = new PRNGSequence(42);
    sequence.reserve(2);
    const [, [first]] = sequence.internalState;
    sequence.reserveUpToFull();
    expect(sequence.internalState[1]).to.deep.equal([first]);
    hk.config.context({ rngReserveSize: 4 }, () => sequence.reserveUpToFull());
    expect(sequence.internalState[1]).to.have.length(4);
    expect(sequence.internalState[1][0]).to.equal(first);
  });

  it('continues from its state', () => {
    const sequence = new PRNGSequence(42);
    sequence.reserve(3);
    sequence.nextKey();
    const copy = new PRNGSequence(sequence.internalState);
    const { internalState } = sequence;
    const keys = draw(sequence, 5);
    expect(draw(copy, 5)).to.deep.equal(keys);
    copy.replaceInternalState(internalState);
    expect(draw(copy, 5)).to.deep.equal(keys);
  });

  it('is not changed through its state', () => {
    const sequence = new PRNGSequence(42);
    sequence.reserve(2);
    (sequence.internalState[1] as hk.PRNGKey[]).length = 0;
    expect(sequence.internalState[1]).to.have.length(2);
  });

  const wrong: [string, unknown][] = [
    ['null', null],
    ['a string', 'nonsense'],
    ['an array of words', [0, 42]],
    ['three words', Uint32Array.of(1, 2, 3)],
    ['keys without a state', [random.key(1), random.key(2)]],
    ['a state with a wrong subkey', [random.key(1), [Uint32Array.of(1)]]],
    ['another sequence', new PRNGSequence(1)],
  ];
  for (const [what, value] of wrong) {
    it(`does not start from ${what}`, () => {
      expect(errorCode(() => new PRNGSequence(value as number))).to.equal('key-invalid');
      expect(
        errorCode(() => new PRNGSequence(1).replaceInternalState(value as hk.PRNGSequenceState)),
      ).to.equal('key-invalid');
    });
  }

  it('does not start from a fraction', () => {
    expect(errorCode(() => new PRNGSequence(1.5))).to.equal('seed-invalid');
  });
});

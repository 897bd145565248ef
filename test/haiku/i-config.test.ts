import { expect } from 'chai';
import { settings } from '../../src/config/settings.js';
import * as hk from '../../src/index.js';
import { captureStacks, ScopedStack } from '../../src/module/scoped-stack.js';
import { errorCode } from '../support/errors.js';

describe('Haiku intents I: config', () => {
  const defaults = settings();

  it('I4 has the defaults of Haiku', () => {
    expect(defaults).to.deep.equal({
      rngReserveSize: 1,
      threefryPartitionable: true,
      moduleAutoRepr: true,
      checkJaxUsage: false,
    });
  });

  it('I4 is changed for the run of one function and restored after it', () => {
    const result = hk.config.context({ rngReserveSize: 5 }, () =>
      hk.config.context({ moduleAutoRepr: false }, () => settings()),
    );
    expect(result).to.deep.equal({ ...defaults, rngReserveSize: 5, moduleAutoRepr: false });
    expect(settings()).to.deep.equal(defaults);
  });

  it('I4 is restored when the function throws', () => {
    expect(() =>
      hk.config.context({ rngReserveSize: 5 }, () => {
        throw new RangeError('stop');
      }),
    ).to.throw(RangeError);
    expect(settings()).to.deep.equal(defaults);
  });

  it('I4 is changed for good by set', () => {
    hk.config.context({}, () => {
      hk.config.set({ checkJaxUsage: true });
      expect(settings().checkJaxUsage).to.equal(true);
    });
    expect(settings()).to.deep.equal(defaults);
  });

  const wrong: object[] = [
    { rngReserveSize: 0 },
    { rngReserveSize: 1.5 },
    { rngReserveSize: '2' },
    { threefryPartitionable: 1 },
    { moduleAutoRepr: undefined },
    { rngSize: 2 },
    { toString: true },
  ];
  for (const options of wrong) {
    it(`I4 refuses ${JSON.stringify(options)}`, () => {
      expect(errorCode(() => hk.config.set(options))).to.equal('setting-invalid');
      expect(errorCode(() => hk.config.context(options, () => 0))).to.equal('setting-invalid');
      expect(settings()).to.deep.equal(defaults);
    });
  }

  it('I4 single settings are set by functions that return what was set before', () => {
    expect(hk.experimental.rngReserveSize(3)).to.equal(1);
    expect(hk.experimental.rngReserveSize(1)).to.equal(3);
    expect(errorCode(() => hk.experimental.rngReserveSize(0))).to.equal('setting-invalid');
    expect(hk.experimental.checkJaxUsage()).to.equal(false);
    expect(hk.experimental.checkJaxUsage(false)).to.equal(true);
    expect(settings()).to.deep.equal(defaults);
  });
});

describe('Haiku intents I: stacks of what is in force', () => {
  it('I1 grow and shrink with the functions that run, also when they throw', () => {
    const stack = new ScopedStack<number>();
    const seen: (readonly number[])[] = [];
    stack.with(1, () => {
      stack.with(2, () => seen.push(stack.items));
      expect(() =>
        stack.with(3, () => {
          throw new RangeError('stop');
        }),
      ).to.throw(RangeError);
      seen.push(stack.items);
      stack.replacedBy([7, 8], () => seen.push(stack.items));
    });
    expect([...seen, stack.items]).to.deep.equal([[1, 2], [1], [7, 8], []]);
  });

  it('I1 can be put back as they were, all at once', () => {
    const [first, second] = [new ScopedStack<string>(), new ScopedStack<string>()];
    const under = first.with('a', () => second.with('b', captureStacks));
    expect([first.items, second.items]).to.deep.equal([[], []]);
    expect(under(() => [first.items, second.items])).to.deep.equal([['a'], ['b']]);
    expect([first.items, second.items]).to.deep.equal([[], []]);
  });
});

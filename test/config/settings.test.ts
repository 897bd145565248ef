import { expect } from 'chai';
import { settings } from '../../src/config/settings.js';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

describe('config', () => {
  const defaults = settings();

  it('has the defaults of Haiku', () => {
    expect(defaults).to.deep.equal({
      rngReserveSize: 1,
      threefryPartitionable: true,
      moduleAutoRepr: true,
      checkJaxUsage: false,
    });
  });

  it('is changed for the run of one function and restored after it', () => {
    const result = hk.config.context({ rngReserveSize: 5 }, () =>
      hk.config.context({ moduleAutoRepr: false }, () => settings()),
    );
    expect(result).to.deep.equal({ ...defaults, rngReserveSize: 5, moduleAutoRepr: false });
    expect(settings()).to.equal(defaults);
  });

  it('is restored when the function throws', () => {
    expect(() =>
      hk.config.context({ rngReserveSize: 5 }, () => {
        throw new RangeError('stop');
      }),
    ).to.throw(RangeError);
    expect(settings()).to.equal(defaults);
  });

  it('is changed for good by set', () => {
    hk.config.context({}, () => {
      hk.config.set({ checkJaxUsage: true });
      expect(settings().checkJaxUsage).to.equal(true);
    });
    expect(settings()).to.equal(defaults);
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
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(errorCode(() => hk.config.set(options))).to.equal('setting-invalid');
      expect(errorCode(() => hk.config.context(options, () => 0))).to.equal('setting-invalid');
      expect(settings()).to.equal(defaults);
    });
  }
});

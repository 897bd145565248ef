import { expect } from 'chai';
import * as hk from '../../src/index.js';

describe('padding functions', () => {
  it('take one function a dimension', () => {
    const padding = hk.pad.createFromPadfn([hk.pad.causal, hk.pad.full], [3, 2], [2, 1], 2);
    expect(padding).to.deep.equal([
      [4, 0],
      [1, 1],
    ]);
  });

  it('repeat one pair and take one a dimension', () => {
    expect(hk.pad.createFromTuple([1, 2], 3)).to.deep.equal([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(hk.pad.createFromTuple([[1, 2]], 2)).to.deep.equal([
      [1, 2],
      [1, 2],
    ]);
    expect(
      hk.pad.createFromTuple(
        [
          [1, 2],
          [3, 4],
        ],
        2,
      ),
    ).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
  });

  it('tell functions from pairs', () => {
    expect(hk.pad.isPadfn(hk.pad.same)).to.equal(true);
    expect(hk.pad.isPadfn([hk.pad.same, hk.pad.full])).to.equal(true);
    expect(hk.pad.isPadfn([1, 2])).to.equal(false);
    expect(hk.pad.isPadfn([[1, 2]])).to.equal(false);
  });

  const wrong: [what: string, make: () => unknown][] = [
    ['no pairs', () => hk.pad.createFromTuple([], 2)],
    [
      'pairs for other dimensions',
      () =>
        hk.pad.createFromTuple(
          [
            [1, 2],
            [1, 2],
          ],
          3,
        ),
    ],
    ['a triple', () => hk.pad.createFromTuple([[1, 2, 3] as never], 2)],
    ['functions for other dimensions', () => hk.pad.create([hk.pad.same, hk.pad.same], 3, 1, 3)],
    ['kernels for other dimensions', () => hk.pad.create(hk.pad.same, [3, 3], 1, 3)],
  ];
  for (const [what, make] of wrong) {
    it(`refuse ${what}`, () => {
      expect(make).to.throw(hk.TankaError).with.property('code', 'layer-options');
    });
  }
});

describe('hk.getChannelIndex', () => {
  it('finds the channels of every data format', () => {
    for (const format of ['channels_first', 'NC', 'NCW', 'NCHW', 'NCDHW'])
      expect(hk.getChannelIndex(format)).to.equal(1);
    for (const format of ['channels_last', 'NWC', 'NHWC', 'NDHWC', 'BTWHD', 'TBD', 'BTD'])
      expect(hk.getChannelIndex(format)).to.equal(-1);
  });

  it('refuses formats that do not say', () => {
    for (const format of ['NHW', 'channels', 'NCHC', 'BDTH', 'nhwc', '']) {
      expect(() => hk.getChannelIndex(format), format)
        .to.throw(hk.TankaError, `'${format}'`)
        .with.property('code', 'layer-options');
    }
  });
});

import { expect } from 'chai';
import * as hk from '../../src/index.js';

@hk.module()
class E extends hk.Module {}

/** Full names of modules of class `E` made one after the other with the given `name` options. */
function namesOf(...names: (string | undefined)[]): string[] {
  const made: string[] = [];
  hk.transform(() => {
    for (const name of names) made.push(new E({ name }).moduleName);
  }).init(null);
  return made;
}

describe('module names', () => {
  it('are numbered among siblings', () => {
    expect(namesOf(undefined, undefined, undefined)).to.deep.equal(['e', 'e_1', 'e_2']);
    expect(namesOf('foo_10', 'foo_2', 'foo')).to.deep.equal(['foo_10', 'foo_2', 'foo_11']);
    expect(namesOf('foo_007', 'foo_007', 'foo')).to.deep.equal(['foo_007', 'foo_007_1', 'foo']);
  });
});

import { expect } from 'chai';
import { runExample } from '../support/examples.js';

describe('examples/impala-catch', () => {
  it('catches every ball', function () {
    this.timeout(600_000);
    expect(runExample('impala-catch')).to.deep.equal({ meanReturn: 1 });
  });
});

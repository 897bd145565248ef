import { expect } from 'chai';
import { runExample } from '../support/examples.js';

describe('examples/mnist-pruning', () => {
  it('sets nine weights of ten to zero and still reads digits', function () {
    this.timeout(600_000);
    const { sparsity, testAccuracy } = runExample('mnist-pruning');
    expect(sparsity).to.be.within(0.899, 0.91);
    expect(testAccuracy).to.be.above(0.8);
  });
});

import { expect } from 'chai';
import { expectHaikuLosses } from '../support/example-losses.js';
import { runExample } from '../support/examples.js';

describe('examples/mnist', () => {
  it('loses what Haiku and Optax lose in the same run, and learns', function () {
    this.timeout(600_000);
    const { firstLosses, testAccuracy } = runExample('mnist');
    expectHaikuLosses('mnist', firstLosses);
    expect(testAccuracy).to.be.above(0.85);
  });
});

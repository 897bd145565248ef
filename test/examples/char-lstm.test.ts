import { expect } from 'chai';
import { expectHaikuLosses } from '../support/example-losses.js';
import { runExample } from '../support/examples.js';

describe('examples/char-lstm', () => {
  it('loses what Haiku and Optax lose in the same run, learns and samples text', function () {
    this.timeout(600_000);
    const { firstLosses, testLoss, sampledCharacters } = runExample('char-lstm');
    expectHaikuLosses('char-lstm', firstLosses);
    expect(testLoss).to.be.below(3.5);
    expect(sampledCharacters).to.equal(60);
  });
});

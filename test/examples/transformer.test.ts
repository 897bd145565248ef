import { expect } from 'chai';
import { runExample } from '../support/examples.js';

describe('examples/transformer', () => {
  it('learns characters, and its cache gives the logits of the whole text', function () {
    this.timeout(600_000);
    const results = runExample('transformer');
    expect(results.testBitsPerCharacter).to.be.below(5);
    expect(results.cacheDifference).to.be.below(1e-4);
    expect(results.sampledCharacters).to.equal(64);
  });
});

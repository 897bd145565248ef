import { expect } from 'chai';
import { runExample } from '../support/examples.js';
import { readPicture } from '../support/pictures.js';

describe('examples/vqvae', () => {
  it('reconstructs digits from codes', function () {
    this.timeout(600_000);
    const { reconstructionError, perplexity } = runExample('vqvae');
    expect(reconstructionError).to.be.below(0.03);
    expect(perplexity).to.be.within(2, 64);
    const { width, height } = readPicture('vqvae.png');
    expect([width, height]).to.deep.equal([289, 289]);
  });
});

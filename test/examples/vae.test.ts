import { expect } from 'chai';
import { runExample } from '../support/examples.js';
import { readPicture } from '../support/pictures.js';

describe('examples/vae', () => {
  it('lowers the negative ELBO and draws a sheet of samples', function () {
    this.timeout(600_000);
    const { testNegativeElbo } = runExample('vae');
    // 784 ln 2 = 543 is that of guessing each pixel.
    expect(testNegativeElbo).to.be.within(50, 220);
    const { width, height, values } = readPicture('vae.png');
    expect([width, height]).to.deep.equal([289, 289]);
    expect(values.filter((value) => value < 0.1).length).to.be.above(values.length / 4);
    expect(values.some((value) => value > 0.5 && value < 1)).to.equal(true);
  });
});

import { expect } from 'chai';
import { runExample } from '../support/examples.js';
import { readPicture } from '../support/pictures.js';

describe('examples/gan', () => {
  it('draws a sheet of samples, of which some can be told', function () {
    this.timeout(600_000);
    const { digitScore } = runExample('gan');
    expect(digitScore).to.be.within(1.5, 10);
    const { width, height, values } = readPicture('gan.png');
    expect([width, height]).to.deep.equal([289, 289]);
    expect(values.filter((value) => value < 0.2).length).to.be.above(values.length / 4);
    expect(values.some((value) => value > 0.5 && value < 1)).to.equal(true);
  });
});

import { expect } from 'chai';
import { runExample } from '../support/examples.js';

describe('examples/resnet', () => {
  it('threads the state of its batch norms and reads digits with it', function () {
    this.timeout(600_000);
    expect(runExample('resnet').testAccuracy).to.be.above(0.8);
  });
});

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { runExample } from '../support/examples.js';

describe('examples/haiku-lstms', () => {
  it('predicts sine waves, goes on by itself, and draws it', function () {
    this.timeout(600_000);
    const { validLoss, rolloutError } = runExample('haiku-lstms');
    expect(validLoss).to.be.below(0.05);
    // That of predicting zero is 0.5.
    expect(rolloutError).to.be.below(0.1);
    const svg = readFileSync(new URL('../../examples/out/haiku-lstms.svg', import.meta.url), 'utf8');
    const lines = [...svg.matchAll(/<polyline[^>]*points="([^"]*)"/g)].map(([, points]) => points.split(' '));
    expect(lines.map((points) => points.length)).to.deep.equal([65, 65]);
    expect(svg).not.to.contain('NaN');
  });
});

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PNG } from 'pngjs';
import { runExample } from '../support/examples.js';

const out = (name: string): Buffer =>
  readFileSync(new URL(`../../examples/out/see-a-model${name}`, import.meta.url));

describe('examples/see-a-model', () => {
  it('draws the graph of a network and what its layers answer', function () {
    this.timeout(600_000);
    expect(runExample('see-a-model').pictures).to.equal(24);
    const svg = out('.svg').toString();
    expect(svg).to.match(/<svg/).and.include('edges').and.include('Conv2D');
    const { width, height, data } = PNG.sync.read(out('-edges.png'));
    expect([width, height]).to.deep.equal([2 * 29 - 1, 4 * 29 - 1]);
    expect(new Set(data).size).to.be.above(10);
  });
});

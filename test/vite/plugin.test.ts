import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { transformWithOxc } from 'vite';
import { tanka } from '../../src/vite/index.js';

const file = join(
  createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'),
  '../wasm-out/tfjs-backend-wasm-threaded-simd.js',
);

describe('tanka/vite', () => {
  const source = readFileSync(file, 'utf8');

  it('removes the variable that minifiers break the threads with', () => {
    expect(source).to.contain('_scriptDir = ');
    const made = tanka().transform(source, file);
    const uses = (made?.code.match(/_scriptDir/g) ?? []).length;
    // What is left is its declaration, outside of the text that the threads run.
    expect(uses).to.be.lessThan((source.match(/_scriptDir/g) ?? []).length - 2);
    expect(made?.code).not.to.match(/typeof _scriptDir|\|\|\s*_scriptDir/);
  });

  it('leaves code that still parses', async () => {
    const made = tanka().transform(source, file);
    const { code } = await transformWithOxc(made?.code ?? '', file, { lang: 'js' });
    expect(code.length).to.be.greaterThan(10_000);
  });

  it('touches no other module', () => {
    expect(tanka().transform('typeof _scriptDir', '/src/main.ts')).to.equal(undefined);
  });

  it('applies to workers too', () => {
    const { worker } = tanka().config();
    expect(worker.format).to.equal('es');
    expect(worker.plugins().map(({ name }) => name)).to.deep.equal(['tanka']);
  });

  it('keeps the names of classes, in workers too', () => {
    const { build, worker } = tanka().config();
    expect(build.rolldownOptions.output.keepNames).to.equal(true);
    expect(worker.rolldownOptions.output.keepNames).to.equal(true);
  });
});

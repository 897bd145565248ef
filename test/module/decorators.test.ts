import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { build } from 'esbuild';

const BODY = `{
  constructor() { super(); this.inner = new hk.Linear(2); }
  call(x) { return this.feedForward(this.inner.call(x)); }
  feedForward(x) { return new hk.Linear(3).call(x); }
}`;

const PROGRAM = (declaration: string): string => `
import * as hk from './src/index.ts';
${declaration}
const shapes = hk.evalShape(hk.transform((x) => new Encoder().call(x)).init, 42, { shape: [1, 4], dtype: 'float32' });
console.log(JSON.stringify([Encoder.name, Object.keys(shapes)]));
`;

/** What a program prints that is bundled for es2022 with the given kind of decorators. */
async function run(declaration: string, experimentalDecorators: boolean): Promise<unknown> {
  // Beside the packages, which the bundle leaves outside.
  const folder = mkdtempSync('decorators-test-');
  try {
    const outfile = join(folder, 'program.mjs');
    await build({
      stdin: { contents: PROGRAM(declaration), resolveDir: '.', loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      packages: 'external',
      tsconfigRaw: { compilerOptions: { experimentalDecorators, useDefineForClassFields: true } },
      outfile,
      logLevel: 'silent',
    });
    return JSON.parse(execFileSync(process.execPath, [outfile], { encoding: 'utf8' }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PATHS = ['encoder/~/linear', 'encoder/~feed_forward/linear'];

describe('module decorators', () => {
  it('work in the form of TC39', async () => {
    expect(await run(`@hk.module() class Encoder extends hk.Module ${BODY}`, false)).to.deep.equal([
      'Encoder',
      PATHS,
    ]);
  });

  it('work in the legacy form', async () => {
    expect(await run(`@hk.module() class Encoder extends hk.Module ${BODY}`, true)).to.deep.equal([
      'Encoder',
      PATHS,
    ]);
  });

  it('work as plain functions', async () => {
    const plain = `const Encoder = hk.module('encoder')(class Net extends hk.Module ${BODY});`;
    expect(await run(plain, false)).to.deep.equal(['Net', PATHS]);
  });

  it('mark methods in both forms', async () => {
    const marked = `@hk.module() class Encoder extends hk.Module {
      call(x) { return this.b(this.a(x)); }
      @hk.transparent a(x) { return new hk.Linear(2).call(x); }
      @hk.nameLike('enc') b(x) { return new hk.Linear(3).call(x); }
    }`;
    for (const legacy of [true, false]) {
      expect(await run(marked, legacy)).to.deep.equal(['Encoder', ['encoder/linear', 'encoder/~enc/linear']]);
    }
  });
});

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

interface Report {
  readonly losses: number[];
  readonly averagePool: number[];
  readonly maxPool: number[];
  readonly where: number[];
  readonly cumprod: number[];
}

const run = promisify(execFile);
const script = fileURLToPath(new URL('fit.ts', import.meta.url));

async function report(name: string, when: string): Promise<Report> {
  const { stdout } = await run('node', ['--no-warnings', '--import', 'tsx', script, name, when]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
}

describe('rules and kernels hold in any order of imports', () => {
  let losses: number[] | undefined;

  for (const name of ['@tensorflow/tfjs-layers', '@tensorflow/tfjs']) {
    for (const when of ['before', 'between', 'after']) {
      it(`${name}, ${when === 'between' ? 'between tanka and useWasm' : `${when} both`}: model.fit`, async () => {
        const result = await report(name, when);
        // Windows at the border cover two entries or one, and each entry gets its share of them.
        expect(result.averagePool).to.deep.equal([0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]);
        expect(result.maxPool.filter((value) => value === 1)).to.have.length(1);
        expect(result.where).to.deep.equal([2, 1]);
        expect(result.cumprod).to.deep.equal([4, 2]);
        expect(result.losses).to.have.length(3);
        expect(result.losses[2]).to.be.below(result.losses[0]);
        losses ??= result.losses;
        expect(result.losses).to.deep.equal(losses);
      });
    }
  }
});

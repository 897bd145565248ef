import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);

describe('the examples of the wrapper layers', () => {
  for (const [example, lines] of [
    ['flax', 3],
    ['torch', 2],
  ] as const) {
    it(`examples/wrapper/${example}.ts gives the recorded outputs`, async () => {
      // A difference that is too large makes the program fail, and `run` with it.
      const { stdout } = await run('node', ['--import', 'tsx', `examples/wrapper/${example}.ts`]);
      expect(stdout.match(/differ from \S+ by at most/g)).to.have.length(lines);
    });
  }
});

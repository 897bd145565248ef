import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);

/** Runs a module beside two copies of the built package, `./one/` and `./two/`, in a process of its own. */
async function inProcess(
  program: string,
  ...more: readonly (readonly [file: string, text: string])[]
): Promise<unknown> {
  // Below the repository, so that the peers are found.
  mkdirSync('build', { recursive: true });
  const folder = mkdtempSync(join('build', 'isolation-'));
  try {
    for (const copy of ['one', 'two']) cpSync('dist', join(folder, copy, 'dist'), { recursive: true });
    for (const [file, text] of [['program.mjs', program] as const, ...more])
      writeFileSync(join(folder, file), text);
    const { stdout } = await run('node', [join(folder, 'program.mjs')]);
    return JSON.parse(stdout) as unknown;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('in one process', function () {
  this.timeout(120_000);

  it('two copies of the package work side by side, and each names what belongs to the other', async () => {
    const result = await inProcess(`
      import * as tf from '@tensorflow/tfjs-core';
      import * as one from './one/dist/index.js';
      import * as two from './two/dist/index.js';
      import { useWasm } from './one/dist/wasm/index.js';
      import { useWasm as useWasmTwo } from './two/dist/wasm/index.js';
      const report = [await useWasm(), await useWasmTwo()];
      const x = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
      const trained = (hk) => {
        const model = hk.transform((y) => tf.sum(tf.square(new hk.nets.MLP([4, 2]).call(y))));
        const params = model.init(42, x);
        const [loss, gradient] = hk.valueAndGrad((p) => model.apply(p, null, x))(params);
        const jitted = hk.jit(model.apply);
        return [loss, ...hk.tree.leaves(gradient), jitted(params, null, x)].map((t) => Array.from(t.dataSync()));
      };
      const results = [trained(one), trained(two), trained(one)];
      const code = (f) => { try { f(); return null; } catch (error) { return [error.code ?? error.message, error instanceof one.TankaError, error instanceof two.TankaError]; } };
      const Foreign = one.module('foreign')(class extends one.Module { call(y) { return y; } });
      console.log(JSON.stringify({
        kernels: report.map(({ kernels }) => kernels.length > 0),
        same: results.map((r) => JSON.stringify(r) === JSON.stringify(results[0])),
        // A module of one copy in a transform of the other has no transform around it.
        foreign: code(() => two.transform((y) => new Foreign().call(y)).init(1, x)),
        // A pair is plain functions: it works in a transform of the other copy.
        nested: Object.keys(two.transform((y) => {
          const inner = one.transform((z) => new one.Linear(2).call(z));
          const params = inner.init(1, y);
          return tf.add(inner.apply(params, null, y), new two.Linear(2).call(y));
        }).init(1, x)),
      }));
    `);
    expect(result).to.deep.equal({
      kernels: [true, true],
      same: [true, true, true],
      foreign: ['module-outside-transform', true, false],
      nested: ['linear'],
    });
  });

  it('two workers train on their own, and get what the main thread gets', async () => {
    const training = `
      import * as tf from '@tensorflow/tfjs-core';
      import * as hk from './one/dist/index.js';
      import { adam, applyUpdates } from './one/dist/optim/index.js';
      import { useWasm } from './one/dist/wasm/index.js';
      export async function train(seed) {
        await useWasm();
        const model = hk.transform((y) => tf.mean(tf.square(tf.sub(new hk.nets.MLP([8, 1]).call(y), 1))));
        const x = hk.random.normal(hk.random.key(3), [16, 4]);
        const tx = adam(1e-2);
        let params = model.init(seed, x);
        let state = tx.init(params);
        const losses = [];
        for (let i = 0; i < 20; i++) {
          const [loss, grads] = hk.valueAndGrad((p) => model.apply(p, null, x))(params);
          losses.push(loss.dataSync()[0]);
          const [updates, next] = tx.update(grads, state, params);
          const trained = applyUpdates(params, updates);
          hk.tree.dispose([params, state.filter((s) => !next.includes(s)), grads, updates, loss]);
          [params, state] = [trained, next];
        }
        return losses;
      }
    `;
    const result = (await inProcess(
      `
      import { Worker } from 'node:worker_threads';
      import { train } from './training.mjs';
      const inWorker = (seed) => new Promise((resolve, reject) => {
        const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: seed });
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      const [a, b, c] = await Promise.all([inWorker(1), inWorker(2), train(1)]);
      const d = await train(2);
      console.log(JSON.stringify({ first: String(a) === String(c), second: String(b) === String(d), learned: a.at(-1) < a[0], different: a[0] !== b[0] }));
    `,
      ['training.mjs', training],
      [
        'worker.mjs',
        `import { parentPort, workerData } from 'node:worker_threads';
         import { train } from './training.mjs';
         parentPort.postMessage(await train(workerData));`,
      ],
    )) as unknown;
    expect(result).to.deep.equal({ first: true, second: true, learned: true, different: true });
  });
});

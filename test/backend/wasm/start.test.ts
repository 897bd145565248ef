import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { fused, getBackend, getKernel, matMul, ones, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { hasRelaxedSimd, importShared, instantiateKernels } from '../../../src/backend/wasm/binary.js';
import { useWasm } from '../../../src/wasm/index.js';
import { stockKernel } from '../../../src/backend/wasm/register.js';
import { TankaError } from '../../../src/errors/tanka-error.js';

const run = promisify(execFile);
const stock = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
const binaries = 'src/backend/wasm/binaries';

/** Runs a module in a process of its own, where the backend has not started yet. */
async function inFreshProcess(
  code: string,
  options: readonly string[] = [],
): Promise<{ result: unknown; stderr: string }> {
  const script = `
    import * as tf from '@tensorflow/tfjs-core';
    import { useWasm } from './src/wasm/index.js';
    ${code}
  `;
  const { stdout, stderr } = await run('node', [
    ...options,
    '--import',
    'tsx',
    '--input-type=module',
    '--eval',
    script,
  ]);
  return { result: JSON.parse(stdout) as unknown, stderr };
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TankaError) return error.code;
    throw error;
  }
  return undefined;
}

/** A folder with the stock binaries, for a test to spoil. */
function withBinaries<Result>(body: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tanka-wasm-'));
  for (const name of ['tfjs-backend-wasm', 'tfjs-backend-wasm-simd', 'tfjs-backend-wasm-threaded-simd']) {
    copyFileSync(`${stock}/${name}.wasm`, `${folder}/${name}.wasm`);
  }
  for (const name of ['tanka-simd', 'tanka-relaxed-simd'])
    copyFileSync(`${binaries}/${name}.wasm`, `${folder}/${name}.wasm`);
  return body(folder).finally(() => {
    rmSync(folder, { recursive: true });
  });
}

describe('useWasm', () => {
  it('reports what it chose, the same at a second call', async () => {
    const report = await useWasm();
    expect(report.simd).to.equal(true);
    expect(report.relaxedSimd).to.equal(hasRelaxedSimd());
    expect(report.threads).to.equal(1);
    expect(report.kernels).to.include.members(['BatchMatMul', 'Conv2DBackpropFilter', '_FusedMatMul']);
    expect(report.kernels).to.deep.equal([...report.kernels].sort());
    expect(await useWasm({ kernels: 'tanka', threads: 1 })).to.deep.equal(report);
    expect(getBackend()).to.equal('wasm');
  });

  it('may be called twice at the same time', async () => {
    const [a, b] = await Promise.all([useWasm(), useWasm()]);
    expect(a).to.deep.equal(b);
  });

  it("puts the stock kernels back for kernels: 'stock', and ours for 'tanka'", async () => {
    const ours = getKernel('BatchMatMul', 'wasm');
    const theirs = stockKernel('BatchMatMul');
    const report = await useWasm({ kernels: 'stock' });
    try {
      expect(report.kernels).to.deep.equal([]);
      expect(report.relaxedSimd).to.equal(false);
      expect(getKernel('BatchMatMul', 'wasm')).to.equal(theirs);
      expect(getKernel('Conv2DBackpropFilter', 'wasm')).to.equal(undefined);
    } finally {
      await useWasm();
    }
    expect(getKernel('BatchMatMul', 'wasm')).to.equal(ours);
    expect(ours).not.to.equal(theirs);
  });

  it('refuses options it cannot follow', async () => {
    expect(await codeOf(useWasm({ threads: 0 }))).to.equal('wasm-start-failed');
    expect(await codeOf(useWasm({ kernels: 'best' as never }))).to.equal('wasm-start-failed');
    expect(await codeOf(useWasm({ threads: 3 }))).to.equal('wasm-started');
  });

  it('refuses dtypes and sizes that the backend would compute wrongly', () => {
    const counts = tensor([1, 2, 3, 4], [2, 2], 'int32');
    const bias = ones([2]);
    expect(() => fused.matMul({ a: counts, b: counts, bias }))
      .to.throw(TankaError)
      .with.property('code', 'wasm-kernel-unsupported');
    counts.dispose();
    bias.dispose();
    const [column, row] = [ones([65536, 1]), ones([1, 65536])];
    expect(() => matMul(column, row))
      .to.throw(TankaError)
      .with.property('code', 'wasm-memory-exhausted');
    column.dispose();
    row.dispose();
  });

  it('prints nothing and leaves no listener of the process behind, the listeners of the application in place', async () => {
    const { result, stderr } = await inFreshProcess(`
      const own = (error) => { throw error };
      process.on('unhandledRejection', own);
      await useWasm();
      const after = [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')];
      tf.removeBackend('wasm');
      after.push(process.listeners('unhandledRejection').includes(own));
      console.log(JSON.stringify(after));
    `);
    expect(result).to.deep.equal([0, 1, true]);
    expect(stderr).to.equal('');
  });

  it('removes the listeners of a backend that was started before it', async () => {
    const { result } = await inFreshProcess(`
      import '@tensorflow/tfjs-backend-wasm';
      await tf.setBackend('wasm');
      const x = tf.ones([2, 2]);
      await useWasm();
      const y = tf.matMul(x, x);
      console.log(JSON.stringify([process.listenerCount('uncaughtException'), [...y.dataSync()]]));
    `);
    expect(result).to.deep.equal([0, [2, 2, 2, 2]]);
  });

  it('keeps the stock kernels without SIMD', async () => {
    const { result } = await inFreshProcess(`
      tf.env().set('WASM_HAS_SIMD_SUPPORT', false);
      const report = await useWasm();
      const y = tf.matMul(tf.ones([2, 2]), tf.ones([2, 2]));
      console.log(JSON.stringify([report, [...y.dataSync()]]));
    `);
    expect(result).to.deep.equal([
      { simd: false, relaxedSimd: false, threads: 1, kernels: [] },
      [2, 2, 2, 2],
    ]);
  });

  for (const relaxed of [true, false]) {
    it(`takes the binary ${relaxed ? 'with' : 'without'} relaxed instructions where the flag says so`, async () => {
      // Node 20 has them behind a switch.
      const older = Number(process.versions.node.split('.')[0]) < 22;
      const { result } = await inFreshProcess(
        `
          tf.env().set('WASM_HAS_RELAXED_SIMD_SUPPORT', ${relaxed});
          const { relaxedSimd } = await useWasm();
          // (1 + h)² - (1 + 2h) is h² with one rounding, and 0 with two.
          const [h, ones] = [2 ** -12, tf.ones([4, 1])];
          const product = tf.matMul(tf.concat([ones, tf.mul(ones, 1 + h)], 1), tf.concat([tf.fill([1, 4], -1 - 2 * h), tf.fill([1, 4], 1 + h)], 0));
          console.log(JSON.stringify([relaxedSimd, product.dataSync()[0] !== 0]));
        `,
        older ? ['--experimental-wasm-relaxed-simd'] : [],
      );
      expect(result).to.deep.equal([relaxed, relaxed]);
    });
  }

  it('takes a folder for the binaries, with or without its last slash, or a place for each', () =>
    withBinaries(async (folder) => {
      const choices = [
        folder,
        `${folder}/`,
        { 'tfjs-backend-wasm-simd.wasm': `${folder}/tfjs-backend-wasm-simd.wasm` },
        {
          'tanka-simd.wasm': `${folder}/tanka-simd.wasm`,
          'tanka-relaxed-simd.wasm': `${folder}/tanka-relaxed-simd.wasm`,
        },
      ];
      for (const paths of choices) {
        const { result } = await inFreshProcess(`
          const { simd } = await useWasm({ paths: ${JSON.stringify(paths)} });
          console.log(JSON.stringify([simd, [...tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync()]]));
        `);
        expect(result).to.deep.equal([true, [2, 2, 2, 2]]);
      }
    }));

  it('says which binary is missing or cut off, prints nothing, and starts at the next try', () =>
    withBinaries(async (folder) => {
      const cut = `${folder}/cut.wasm`;
      for (const name of ['tfjs-backend-wasm-simd.wasm', 'tanka-simd.wasm', 'tanka-relaxed-simd.wasm']) {
        writeFileSync(cut, readFileSync(`${folder}/${name}`).subarray(0, 5000));
        if (name.startsWith('tanka') && name.includes('relaxed') !== hasRelaxedSimd()) continue;
        for (const path of [`${folder}/none.wasm`, cut]) {
          const { result, stderr } = await inFreshProcess(`
            const codes = [];
            await useWasm({ paths: ${JSON.stringify({ [name]: path })} }).catch((error) => codes.push(error.code, error.message.includes(${JSON.stringify(path)})));
            const { simd } = await useWasm();
            console.log(JSON.stringify([...codes, simd]));
          `);
          expect(result).to.deep.equal(['wasm-binary-invalid', true, true]);
          expect(stderr).to.equal('');
        }
      }
    }));

  it('starts without threads, and says so, when a start with threads hangs', async () => {
    // Stands for the pthread build behind a minifier: with the flag its start never ends.
    const { result, stderr } = await inFreshProcess(`
      import { startBackend } from './src/backend/wasm/watchdog.ts';
      import '@tensorflow/tfjs-backend-wasm';
      const real = tf.findBackendFactory('wasm');
      tf.removeBackend('wasm');
      tf.registerBackend('wasm', async () => {
        if (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')) await new Promise(() => undefined);
        return real();
      }, 2);
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
      await startBackend(true, 100);
      console.log(JSON.stringify([tf.getBackend(), [...tf.add(1, 2).dataSync()]]));
    `);
    expect(result).to.deep.equal(['wasm', [3]]);
    expect(stderr).to.match(/threads of the WASM backend did not start/);
  });

  it('asks for threads in Node in vain, says so in its report, and leaves no timer that keeps the process', async () => {
    const { result, stderr } = await inFreshProcess(`
      const report = await useWasm({ threads: 2 });
      const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const again = await useWasm({ threads: 2 });
      const other = await useWasm({ threads: 1 }).then(() => undefined, (error) => error.code);
      const product = tf.matMul(tf.ones([2, 2]), tf.ones([2, 2]));
      console.log(JSON.stringify([report.threads, again.threads, other, timers, [...product.dataSync()]]));
    `);
    expect(result).to.deep.equal([1, 1, 'wasm-started', 0, [2, 2, 2, 2]]);
    expect(stderr).to.equal('');
  });

  it('fails with a clear error when the backend starts neither way', async () => {
    const { result } = await inFreshProcess(`
      import { startBackend } from './src/backend/wasm/watchdog.ts';
      import '@tensorflow/tfjs-backend-wasm';
      tf.removeBackend('wasm');
      tf.registerBackend('wasm', async () => { throw new Error('no memory'); }, 2);
      const code = await startBackend(false).then(() => undefined, (error) => error.code);
      tf.removeBackend('wasm');
      const gone = await useWasm().then(() => undefined, (error) => error.code);
      console.log(JSON.stringify([code, gone]));
    `);
    expect(result).to.deep.equal(['wasm-start-failed', 'wasm-start-failed']);
  });

  it('says so where the engine refuses to compile', async () => {
    const { result } = await inFreshProcess(`
      function forbid() { throw new EvalError('the policy forbids it'); }
      Object.assign(WebAssembly, { Module: forbid, instantiate: async () => forbid() });
      const { code, message } = await useWasm().then(() => ({}), (error) => error);
      console.log(JSON.stringify([code, message]));
    `);
    const [code, message] = result as string[];
    expect(code).to.equal('wasm-start-failed');
    expect(message).to.include('did not start: EvalError: the policy forbids it. Add');
  });

  for (const order of ['before', 'after']) {
    it(`trains a convolution of tfjs-layers that is imported ${order} it`, async () => {
      const load = "const tfl = await import('@tensorflow/tfjs-layers');";
      const { result } = await inFreshProcess(`
        ${order === 'before' ? load : ''}
        await import('./src/index.js');
        await useWasm();
        ${order === 'after' ? load : ''}
        const model = tfl.sequential({
          layers: [
            tfl.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [8, 8, 1], kernelInitializer: 'ones' }),
            tfl.layers.maxPooling2d({ poolSize: 2 }),
            tfl.layers.flatten(),
            tfl.layers.dense({ units: 1, kernelInitializer: 'ones' }),
          ],
        });
        model.compile({ optimizer: tf.train.sgd(1e-6), loss: 'meanSquaredError' });
        // All windows are negative: the stock gradient of the pool is zero there.
        const x = tf.fill([6, 8, 8, 1], -1);
        const before = model.getWeights()[0].dataSync()[4];
        await model.fit(x, tf.zeros([6, 1]), { epochs: 2, batchSize: 3, verbose: 0 });
        console.log(JSON.stringify([before, model.getWeights()[0].dataSync()[4] < before]));
      `);
      expect(result).to.deep.equal([1, true]);
    });
  }

  it('loads on a shared memory', async () => {
    const bytes = new Uint8Array(readFileSync(`${binaries}/tanka-simd.wasm`));
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
    const raw = await instantiateKernels(bytes, memory);
    const floats = new Float32Array(memory.buffer);
    floats.set([1, 2, 3, 4, 5, 6, 7, 8], 0);
    raw.gemm(2, 2, 2, 0, 2, 1, 16, 2, 1, 64, 2, 0, 0, 0, 1024);
    expect([...floats.subarray(16, 20)]).to.deep.equal([19, 22, 43, 50]);
    expect(importShared(bytes).length).to.be.greaterThan(bytes.length);
  });

  it('has binaries of at most 40 kB, compressed, that touch nothing but the memory they import', () => {
    for (const name of ['tanka-simd', 'tanka-relaxed-simd']) {
      const bytes = new Uint8Array(readFileSync(`${binaries}/${name}.wasm`));
      expect(gzipSync(bytes).length, `${name}, compressed`).to.be.lessThan(40_000);
      if (!WebAssembly.validate(bytes)) continue;
      const module = new WebAssembly.Module(bytes);
      expect(WebAssembly.Module.imports(module)).to.deep.equal([
        { module: 'env', name: 'memory', kind: 'memory' },
      ]);
      // Sections 9 and 11 to 12 would be elements and static data, which would be written over the heap.
      expect(sections(bytes)).not.to.include.members([11]);
      expect(sections(bytes)).not.to.include.members([12]);
    }
  });
});

function sections(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length;) {
    ids.push(bytes[at++]);
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += length;
  }
  return ids;
}

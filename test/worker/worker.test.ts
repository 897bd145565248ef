import { Worker } from 'node:worker_threads';
import {
  add,
  memory,
  mul,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { currentSignal, serve, startWorker, transfer, type WorkerPool } from '../../src/worker/index.js';
import { expectBits } from '../support/compare.js';
import { TankaError } from '../../src/errors/tanka-error.js';
import type { Equal, Expect } from '../support/types.js';

async function expectRejection(call: Promise<unknown>, code: string, text = ''): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(TankaError);
  expect(error).to.include({ code });
  expect((error as TankaError).message).to.include(text);
}

describe('tanka/worker', () => {
  const pools: { close(): void }[] = [];
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.close();
  });

  /** Both sides in this thread, over a channel that clones and moves as a worker does. */
  function pair<Functions extends object, Data>(
    setup: (data: Data) => Functions | Promise<Functions>,
    options: { data?: Data; workers?: number } = {},
  ): WorkerPool<Functions> {
    const pool = startWorker<Functions>(() => {
      const { port1, port2 } = new MessageChannel();
      serve(setup, port2);
      pools.push({ close: () => port2.close() });
      return port1;
    }, options);
    pools.push(pool);
    return pool;
  }

  it('is refused outside of a worker, where no calls arrive', () => {
    expect(() => serve(() => ({})))
      .to.throw(TankaError, /page or in the main thread/)
      .with.property('code', 'worker-scope-missing');
  });

  describe('a transformed pair', () => {
    const model = hk.transform((x: Tensor2D) => new hk.Linear(3).call(x));

    it('gives what it gives here, to the bit, and keeps no tensor', async () => {
      const { run } = pair(() => model);
      const x = tensor2d([
        [1, 2],
        [3, 4],
      ]);
      const params = await run.init(42, x);
      const here = model.init(42, x);
      expect(Object.keys(params)).to.deep.equal(['linear']);
      expectBits(params.linear.w, here.linear.w.dataSync<'float32'>());
      const y = await run.apply(params, null, x);
      const expected = model.apply(here, null, x);
      expectBits(y as Tensor, (expected as Tensor).dataSync<'float32'>());
      hk.tree.dispose([x, params, here, y, expected]);
      // The worker's side frees its own after the answer left.
      await new Promise((resolve) => setTimeout(resolve, 10));
    });

    it('has the types of its functions', () => {
      type Run = WorkerPool<typeof model>['run'];
      const same: [
        Expect<Equal<ReturnType<Run['init']>, Promise<hk.Params>>>,
        Expect<Equal<Parameters<Run['apply']>, Parameters<typeof model.apply>>>,
      ] = [true, true];
      expect(same).to.have.length(2);
    });
  });

  it('runs a saved graph that the page sends', async () => {
    const square = hk.jit((x: Tensor) => mul(x, x));
    const x = tensor1d([1, 2, 3]);
    const { run } = pair(
      (graph: Uint8Array) => {
        const square = hk.loadGraph(graph);
        return { square: (x: Tensor) => square(x) as Tensor };
      },
      { data: hk.saveGraph(square, x) },
    );
    const y = await run.square(x);
    expect([...y.dataSync()]).to.deep.equal([1, 4, 9]);
    hk.tree.dispose([x, y]);
    square.dispose();
  });

  it('carries nestings, dtypes, keys and shapes', async () => {
    const { run } = pair(() => ({ same: (value: unknown) => value }));
    const sent = {
      key: hk.random.key(7),
      list: [tensor1d([1, 0], 'bool'), tensor1d([1, -2], 'int32')],
      empty: tensor2d([], [0, 3]),
      plain: [null, undefined, 'text', 1.5, true, 3n],
    };
    const got = (await run.same(sent)) as typeof sent;
    expect(got.key).to.deep.equal(sent.key);
    expect(got.plain).to.deep.equal(sent.plain);
    expect(got.list.map(({ dtype }) => dtype)).to.deep.equal(['bool', 'int32']);
    expect(got.list.map((tensor) => [...tensor.dataSync()])).to.deep.equal([
      [1, 0],
      [1, -2],
    ]);
    expect(got.empty.shape).to.deep.equal([0, 3]);
    hk.tree.dispose([sent, got]);
    await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('moves what is marked and copies what is not', async () => {
    const { run } = pair(() => ({ length: (bytes: Uint8Array) => bytes.length }));
    const [copied, moved] = [new Uint8Array(8), new Uint8Array(8)];
    expect(await run.length(copied)).to.equal(8);
    expect(copied.length).to.equal(8);
    expect(await run.length(transfer(moved))).to.equal(8);
    expect(moved.length).to.equal(0);
  });

  describe('errors', () => {
    it('keep their code, message and name', async () => {
      const { run } = pair(() => ({
        own: () => hk.forceName('9'),
        other: () => {
          throw new RangeError('too far');
        },
      }));
      await expectRejection(run.own(), 'module-name-invalid', "'9' is not a valid module name");
      const other = await run.other().catch((error: unknown) => error);
      expect(other).to.include({ name: 'RangeError', message: 'too far' });
    });

    it('of the setup reach every caller', async () => {
      const { run } = pair((): { f(): void } => {
        throw new Error('no weights');
      });
      for (const call of [run.f(), run.f()]) {
        expect(await call.catch((error: unknown) => error)).to.include({ message: 'no weights' });
      }
    });

    it('name a function that is not served', async () => {
      const { run } = pair(() => ({ f: () => 1 }) as { f(): number; g(): number });
      await expectRejection(run.g(), 'worker-function-missing', "'g', only [f]");
    });

    it('name what cannot be sent, in both directions', async () => {
      const { run } = pair(() => ({ f: (x: unknown) => x, bad: () => ({ at: [() => 1] }) }));
      await expectRejection(
        run.f({ a: [1, Symbol('s')] }),
        'worker-value-invalid',
        'arguments of f[0].a[1] is a symbol',
      );
      await expectRejection(run.bad(), 'worker-value-invalid', 'the result of bad.at[0] is a function');
      await expectRejection(run.f(new WeakMap()), 'worker-value-invalid', 'the arguments of f');
    });

    it('name data that cannot be sent, and the number of workers', async () => {
      const { run } = pair(() => ({ f: () => 1 }), { data: { at: () => 1 } });
      await expectRejection(run.f(), 'worker-value-invalid', 'the data of startWorker');
      const weights = { linear: { w: tensor1d([1]) } };
      const start = (options: { data?: unknown; workers?: number }) => () => pair(() => ({}), options);
      expect(start({ data: weights })).to.throw(TankaError, 'data holds tensors');
      for (const workers of [0, -1, 1.5, NaN])
        expect(start({ workers }), String(workers)).to.throw(TankaError, `integer, not ${workers}`);
      hk.tree.dispose(weights);
    });

    it('of a call that cannot be sent leave those that wait behind it', async () => {
      const { run } = pair(() => ({ f: (x: unknown) => Promise.resolve(x) }));
      const [first, bad, good] = [run.f(1), run.f(new WeakMap()), run.f(2)];
      await expectRejection(bad, 'worker-value-invalid');
      expect(await Promise.all([first, good])).to.deep.equal([1, 2]);
    });

    it('say that the other side closed its port', async () => {
      const { port1, port2 } = new MessageChannel();
      serve(() => ({ f: () => new Promise(() => undefined) }), port2);
      const pool = startWorker<{ f(): void }>(() => port1);
      pools.push(pool);
      const call = pool.run.f();
      setTimeout(() => port2.close(), 5);
      await expectRejection(call, 'worker-failed', 'its port was closed');
      await expectRejection(pool.run.f(), 'worker-failed');
    });
  });

  describe('cancellation', () => {
    /** A function that waits for its turn to end. */
    const slow = () => {
      let started = 0;
      const aborted: unknown[] = [];
      const functions = {
        wait: async (ms: number) => {
          started++;
          const signal = currentSignal();
          signal.addEventListener('abort', () => aborted.push('aborted'));
          await new Promise((resolve) => setTimeout(resolve, ms));
          return ms;
        },
      };
      return { functions, aborted, started: () => started };
    };

    it('rejects at once with the reason, and tells the function', async () => {
      const { functions, aborted } = slow();
      const pool = pair(() => functions);
      const controller = new AbortController();
      const call = pool.with({ signal: controller.signal }).wait(30);
      await new Promise((resolve) => setTimeout(resolve, 10));
      controller.abort(new Error('changed my mind'));
      expect(await call.catch((error: unknown) => error)).to.include({ message: 'changed my mind' });
      expect(await pool.run.wait(0)).to.equal(0);
      expect(aborted).to.deep.equal(['aborted']);
    });

    it('keeps a call that waits from beginning', async () => {
      const { functions, started } = slow();
      const pool = pair(() => functions);
      const controller = new AbortController();
      const first = pool.run.wait(10);
      const second = pool.with({ signal: controller.signal }).wait(0);
      controller.abort();
      expect(await second.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
      await first;
      await pool.run.wait(0);
      expect(started()).to.equal(2);
    });

    it('keeps a call from beginning that waits for the setup', async () => {
      const { functions, started } = slow();
      const pool = pair(async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return functions;
      });
      const call = pool.with({ signal: AbortSignal.timeout(5) }).wait(0);
      expect(await call.catch((error: unknown) => (error as Error).name)).to.equal('TimeoutError');
      await pool.run.wait(0);
      expect(started()).to.equal(1);
    });

    it('refuses a signal that is aborted already', async () => {
      const { functions, started } = slow();
      const call = pair(() => functions)
        .with({ signal: AbortSignal.abort() })
        .wait(0);
      expect(await call.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
      expect(started()).to.equal(0);
    });
  });

  describe('a pool', () => {
    it('runs one call a worker at a time, and as many as there are workers', async () => {
      let running = 0;
      let most = 0;
      const { run } = pair(
        () => {
          let here = 0;
          return {
            f: async () => {
              expect(++here).to.equal(1);
              most = Math.max(most, ++running);
              await new Promise((resolve) => setTimeout(resolve, 5));
              running--;
              here--;
            },
          };
        },
        { workers: 3 },
      );
      await Promise.all(Array.from({ length: 9 }, () => run.f()));
      expect(most).to.equal(3);
    });

    it('goes on with the others where one ends', async () => {
      const far: MessagePort[] = [];
      const pool = startWorker<{ which(): Promise<number>; hang(): Promise<void> }>(
        () => {
          const { port1, port2 } = new MessageChannel();
          const here = far.push(port2) - 1;
          serve(() => ({ which: () => here, hang: () => new Promise(() => undefined) }), port2);
          return port1;
        },
        { workers: 2 },
      );
      pools.push(pool, { close: () => far[1].close() });
      const call = pool.run.hang();
      await pool.run.which();
      far[0].close();
      await expectRejection(call, 'worker-failed');
      expect(await Promise.all([pool.run.which(), pool.run.which()])).to.deep.equal([1, 1]);
    });

    it('is closed: calls that run, that wait and that come later are refused', async () => {
      const pool = pair(() => ({ f: () => new Promise(() => undefined) }));
      const calls = [pool.run.f(), pool.run.f()];
      await new Promise((resolve) => setTimeout(resolve, 5));
      pool.close();
      for (const call of [...calls, pool.run.f()]) await expectRejection(call, 'worker-closed');
    });
  });

  describe("in Node's worker threads", () => {
    // A worker thread of Node 20 does not take over the loader of TypeScript.
    const script = `import('tsx/esm/api').then(({ register }) => {
      register();
      return import(${JSON.stringify(new URL('./sum.worker.ts', import.meta.url).href)});
    });`;

    it('computes', async () => {
      const pool = startWorker<import('./sum.worker.js').Functions>(() => new Worker(script, { eval: true }));
      pools.push(pool);
      const x = tensor1d([1, 2, 3]);
      const total = await pool.run.total(x);
      const here = tidy(() => sum(add(x, 1)));
      expect(total.dataSync()).to.deep.equal(here.dataSync());
      hk.tree.dispose([x, total, here]);
    });

    it('says that a worker failed', async () => {
      const pool = startWorker<{ f(): void }>(
        () => new Worker('throw new Error("no table")', { eval: true }),
      );
      pools.push(pool);
      await expectRejection(pool.run.f(), 'worker-failed', 'no table');
      await expectRejection(pool.run.f(), 'worker-failed');
      expect(memory().numTensors).to.be.at.least(0);
    });
  });
});

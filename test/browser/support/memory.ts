import { expect } from 'chai';
import type { CDPSession, Page, Worker } from 'playwright-core';

/**
 * To run before the scripts of a page or of a worker: keeps hold of every memory of WebAssembly that is made, so that {@link usageOfPage} can tell how large
 * they are.
 */
export const watchMemories = `{
  const memories = new Set();
  globalThis.wasmBytes = () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  const keep = (exports) => {
    for (const value of Object.values(exports)) if (value instanceof WebAssembly.Memory) memories.add(value);
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
      const result = await original(...args);
      keep((result.instance ?? result).exports);
      return result;
    };
  }
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, args) {
      const instance = new target(...args);
      keep(instance.exports);
      return instance;
    },
  });
}
`;

/** What lives in a page or a worker, after a collection. */
export interface Usage {
  readonly wasmBytes: number;
  readonly heapBytes: number;
}

async function usageOfPage(page: Page): Promise<Usage> {
  const session = await page.context().newCDPSession(page);
  const heapBytes = await collectedHeap((method) => session.send(method));
  await session.detach();
  return { wasmBytes: await wasmBytes(page), heapBytes };
}

/** Of a page's only worker. */
export async function usageOfWorker(page: Page): Promise<Usage> {
  const session = await page.context().newCDPSession(page);
  const heapBytes = await collectedHeap(await worker(session));
  await session.detach();
  return { wasmBytes: await wasmBytes(page.workers()[0]), heapBytes };
}

const wasmBytes = (where: Page | Worker): Promise<number> =>
  (where as Worker).evaluate(() => (globalThis as unknown as { wasmBytes(): number }).wasmBytes());

type Send = (method: 'HeapProfiler.collectGarbage' | 'Runtime.getHeapUsage') => Promise<unknown>;

async function collectedHeap(send: Send): Promise<number> {
  // What a finalizer holds goes at the second collection.
  for (let i = 0; i < 2; i++) {
    await send('HeapProfiler.collectGarbage');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return ((await send('Runtime.getHeapUsage')) as { usedSize: number }).usedSize;
}

/** The protocol of a page's worker, which has no session of its own here: its messages travel in those of the page. */
async function worker(session: CDPSession): Promise<Send> {
  const attached = new Promise<string>((resolve) =>
    session.once('Target.attachedToTarget', ({ sessionId }) => resolve(sessionId)),
  );
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  const sessionId = await attached;
  let last = 0;
  return (method) => {
    const id = ++last;
    return new Promise((resolve, reject) => {
      session.on('Target.receivedMessageFromTarget', ({ message }) => {
        const reply = JSON.parse(message) as { id?: number; result?: unknown; error?: { message: string } };
        if (reply.id !== id) return;
        if (reply.error === undefined) resolve(reply.result);
        else reject(new Error(reply.error.message));
      });
      session
        .send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) })
        .catch(reject);
    });
  };
}

/** Clicks a button so many times, each time waiting until the page shows how long the inference took. */
const inferByClicks = (page: Page, button: string, time: string, times: number): Promise<void> =>
  page.evaluate(
    async ([buttonSelector, timeSelector, count]) => {
      const shown = document.querySelector(timeSelector) as HTMLElement;
      for (let i = 0; i < count; i++) {
        const inference = new Promise<void>((resolve) => {
          const observer = new MutationObserver(() => {
            observer.disconnect();
            resolve();
          });
          observer.observe(shown, { childList: true });
        });
        document.querySelector<HTMLElement>(buttonSelector)?.click();
        await inference;
      }
    },
    [button, time, times] as const,
  );

/** Asserts that work between two looks left nothing: not a byte of the heap of WebAssembly, and no more than a megabyte of the engine's. */
export function expectNoGrowth(before: Usage, after: Usage, where: string): void {
  expect(before.wasmBytes, `memories of WebAssembly, ${where}`).to.be.greaterThan(1e6);
  expect(after.wasmBytes, `bytes of WebAssembly, ${where}`).to.equal(before.wasmBytes);
  expect((after.heapBytes - before.heapBytes) / 1e6, `MB of JavaScript, ${where}`).to.be.lessThan(1);
}

/**
 * Asserts that 500 inferences leave nothing behind in the page, after a few to warm up.
 *
 * @param demonstration that counts its tensors, with the button for one inference and what shows its time
 */
export async function expectNothingLeft(
  page: Page,
  { demonstration, button, time }: Readonly<Record<'demonstration' | 'button' | 'time', string>>,
  warmUp: number,
): Promise<void> {
  const look = async () => ({
    ...(await usageOfPage(page)),
    tensors: await page.locator(demonstration).getAttribute('data-tensors'),
  });
  await inferByClicks(page, button, time, warmUp);
  const before = await look();
  await inferByClicks(page, button, time, 500);
  const after = await look();
  expect(after.tensors).to.equal(before.tensors);
  expectNoGrowth(before, after, 'in the page');
}

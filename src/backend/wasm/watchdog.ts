import { env, findBackendFactory, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { withRepairedThreads } from './thread-program.js';

/** A threaded start takes 0.1 to 0.3 s; one that failed in a worker never ends. */
const patience = 10_000;

const outOfTime = Symbol('out of time');

interface Scope {
  readonly WorkerGlobalScope?: unknown;
  readonly navigator?: { readonly userAgent: string };
}

/**
 * Whether threads may be started here. Not in a worker of Firefox (seen in 153): where several workers are started by a worker, `new Worker` blocks it for
 * ever now and then, and nothing watches over a thread that is blocked.
 */
export function threadsMayStart({ WorkerGlobalScope, navigator }: Scope = globalThis): boolean {
  return WorkerGlobalScope === undefined || navigator?.userAgent.includes('Firefox/') !== true;
}

/**
 * Makes `wasm` the backend. A threaded start that hangs, as it does where a minifier broke the text of the thread's
 * program, is abandoned for a start without threads, with a warning.
 *
 * @throws `wasm-start-failed`
 */
export async function startBackend(threaded: boolean, wait = patience): Promise<void> {
  const ok = threaded ? await within(wait, withRepairedThreads(attempt)) : await attempt();
  if (ok === true) return;
  if (ok === outOfTime) {
    const factory = findBackendFactory('wasm') as () => Promise<never>;
    removeBackend('wasm');
    env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    registerBackend('wasm', factory, 2);
    console.warn(
      `tanka: the threads of the WASM backend did not start within ${wait / 1000} s, it now runs without. ` +
        'See docs/wasm.md, "Threads".',
    );
    if (await attempt()) return;
  }
  throw new TankaError(
    'wasm-start-failed',
    `The WASM backend of TensorFlow.js did not start: ${
      refusal() ??
      "its binary was not found or not served as it is. Give the folder of the three binaries of @tensorflow/tfjs-backend-wasm, `useWasm({ paths: '/wasm/' })`; what it printed says more."
    }`,
  );
}

/** Why nothing at all is compiled here, as under a content security policy without a word for it. */
function refusal(): string | undefined {
  try {
    new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    return undefined;
  } catch (error) {
    return `${String(error)}. Add 'wasm-unsafe-eval' to script-src of the page's content security policy.`;
  }
}

async function attempt(): Promise<boolean> {
  try {
    return await setBackend('wasm');
  } catch (cause) {
    throw new TankaError(
      'wasm-start-failed',
      `The WASM backend of TensorFlow.js did not start: ${String(cause)}`,
      { cause },
    );
  }
}

/** What `promise` gives, if it does in time. Its timer does not outlive it: it would keep the process. */
function within<Result>(wait: number, promise: Promise<Result>): Promise<Result | typeof outOfTime> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<typeof outOfTime>((resolve) => {
    timer = setTimeout(() => {
      resolve(outOfTime);
    }, wait);
  });
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}

import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { tensorsOf } from '../tree/owned.js';
import { listen, parent, type Endpoint } from './endpoint.js';
import { sendError } from './errors.js';
import type { Reply, Request } from './protocol.js';
import { pack, refusedBy, unpack } from './values.js';

let signalOfCall: AbortSignal | undefined;

/**
 * The signal of the call that a served function runs for: aborted when the caller gave up. To be taken before the function's first `await`.
 * A function that never waits cannot be stopped, so only functions that wait now and then have a use for it.
 */
export function currentSignal(): AbortSignal {
  return signalOfCall ?? new AbortController().signal;
}

/**
 * Answers the calls of {@link startWorker}, in the worker. Each call gets tensors of its own, freed after it; the tensors of its result are freed once
 * they are sent, so return copies of what you keep.
 *
 * ```ts no-run
 * import { type Tensor } from '@tensorflow/tfjs-core';
 * import * as hk from 'tanka';
 * import { useWasm } from 'tanka/wasm';
 * import { serve } from 'tanka/worker';
 *
 * async function setup(graph: Uint8Array) {
 *   await useWasm();
 *   const run = hk.loadGraph(graph);
 *   return { classify: (image: Tensor) => run(image) as Tensor };
 * }
 * export type Functions = Awaited<ReturnType<typeof setup>>;
 * serve(setup);
 * ```
 *
 * @param setup makes what is served, a transformed pair for example, from the `data` of {@link startWorker}; when it fails, every call does
 * @param endpoint the other side; default: who started this worker
 * @throws `worker-scope-missing` without an endpoint, outside of a worker
 */
export function serve<Data>(
  setup: (data: Data) => object | Promise<object>,
  endpoint: Endpoint = parent(),
): void {
  const running = new Map<number, AbortController>();
  let functions: Promise<object> = Promise.reject(new Error('not started'));
  functions.catch(() => undefined);
  const post = (reply: Reply, transfer: never[] = []): void => endpoint.postMessage(reply, transfer);

  const answer = async (id: number, name: string, args: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    const tensors: Tensor[] = [];
    try {
      const fn = functionOf(await functions, name);
      // Taken back while the worker set itself up.
      controller.signal.throwIfAborted();
      signalOfCall = controller.signal;
      let pending: unknown;
      try {
        pending = fn(...(unpack(args, tensors) as never[]));
      } finally {
        signalOfCall = undefined;
      }
      const result = await pending;
      tensors.push(...tensorsOf(result));
      const { value, transfer } = pack(result, `the result of ${name}`);
      post({ type: 'result', id, value }, transfer);
    } catch (error) {
      const refused = error instanceof DOMException && error.name === 'DataCloneError';
      post({
        type: 'error',
        id,
        error: sendError(refused ? refusedBy(error, `the result of ${name}`) : error),
      });
    } finally {
      running.delete(id);
      dispose(tensors);
    }
  };

  listen<Request>(endpoint, (request) => {
    if (request.type === 'start') {
      functions = Promise.resolve(request.data as Data).then(setup);
      functions.catch(() => undefined);
    } else if (request.type === 'call') void answer(request.id, request.name, request.args);
    else running.get(request.id)?.abort();
  });
  post({ type: 'hello' });
}

function functionOf(functions: object, name: string): (...args: never[]) => unknown {
  const fn: unknown = Object.hasOwn(functions, name)
    ? (functions as Record<string, unknown>)[name]
    : undefined;
  if (typeof fn === 'function') return fn as (...args: never[]) => unknown;
  throw new TankaError(
    'worker-function-missing',
    `The worker serves no function '${name}', only [${Object.keys(functions).join(', ')}].`,
  );
}

import { isTensor } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';
import { leaves } from '../tree/tree.js';
import { end, listen, type Endpoint } from './endpoint.js';
import { receiveError } from './errors.js';
import type { Reply, Request } from './protocol.js';
import { pack, refusedBy, unpack, type Parcel } from './values.js';

/** What a worker serves, as its caller sees it: the same arguments, a promise of the result. */
export type Remote<Functions extends object> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** Options of {@link startWorker}. */
export interface StartWorkerOptions {
  /** Given to the function that the worker passes to `serve`; copied to each worker. No tensors: their backend starts later. */
  readonly data?: unknown;
  /** How many workers share the calls. Default 1. */
  readonly workers?: number;
}

/** Options of one call. */
export interface CallOptions {
  /** Takes the call back: its promise rejects with the signal's reason at once, and a call that has not begun never does. */
  readonly signal?: AbortSignal;
}

/** The functions of one worker, or of several that share the calls. */
export interface WorkerPool<Functions extends object> {
  /** The functions. Tensors go over as they are and come back as new ones, which are the caller's. */
  readonly run: Remote<Functions>;
  /** The functions, for calls with options. */
  with(options: CallOptions): Remote<Functions>;
  /** Ends the workers; calls that wait fail with `worker-closed`. */
  close(): void;
}

function failure(reason: string, cause: unknown): TankaError {
  return new TankaError(
    'worker-failed',
    `A worker failed: ${reason}. Check that its script is found and starts by itself.`,
    { cause },
  );
}

interface Call {
  readonly id: number;
  readonly name: string;
  readonly parcel: Parcel;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

interface Member {
  readonly endpoint: Endpoint;
  /** Whether it listens. */
  ready: boolean;
  call: Call | undefined;
}

/**
 * Starts one worker or a pool of them, whose script calls {@link serve}. A worker runs one call at a time, in the order they were made.
 *
 * ```ts no-run
 * import { tensor2d } from '@tensorflow/tfjs-core';
 * import { startWorker } from 'tanka/worker';
 *
 * declare const graph: Uint8Array;
 * interface Functions {
 *   classify(image: import('@tensorflow/tfjs-core').Tensor): import('@tensorflow/tfjs-core').Tensor;
 * }
 * const pool = startWorker<Functions>(
 *   () => new Worker(new URL('./classifier.worker.ts', import.meta.url), { type: 'module' }),
 *   { data: graph, workers: 2 },
 * );
 * const classes = await pool.run.classify(tensor2d([[1, 2]]));
 * ```
 *
 * @param create makes a worker (of the browser or of `node:worker_threads`) or a port
 * @throws `worker-value-invalid` when `data` holds tensors or `workers` is no positive integer; by its functions: what the served function throws, with its code; `worker-failed`, `worker-closed`, `worker-value-invalid`, `worker-function-missing`
 */
export function startWorker<Functions extends object>(
  create: () => Endpoint,
  { data, workers = 1 }: StartWorkerOptions = {},
): WorkerPool<Functions> {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new TankaError(
      'worker-value-invalid',
      `startWorker: workers must be a positive integer, not ${String(workers)}.`,
    );
  }
  if (leaves<unknown>(data).some(isTensor)) {
    throw new TankaError(
      'worker-value-invalid',
      'startWorker: data holds tensors, for which a worker has no backend before its setup ran. ' +
        'Give `saveSafetensors(params)` and load it after `useWasm()`, or pass tensors to a function.',
    );
  }
  const members = new Set<Member>();
  const waiting: Call[] = [];
  let ended: TankaError | undefined;
  let nextId = 0;

  const post = (member: Member, request: Request, transfer: never[] = []): void =>
    member.endpoint.postMessage(request, transfer);

  const dispatch = (): void => {
    for (const member of members) {
      // Until a call went out: one that cannot be sent must not keep those behind it.
      while (member.ready && member.call === undefined) {
        const call = waiting.shift();
        if (call === undefined) return;
        const { id, name, parcel } = call;
        try {
          post(member, { type: 'call', id, name, args: parcel.value }, parcel.transfer);
          member.call = call;
        } catch (cause) {
          call.reject(refusedBy(cause, `the arguments of ${name}`));
        }
      }
    }
  };

  const receive = (member: Member, reply: Reply): void => {
    if (reply.type === 'hello') {
      try {
        post(member, { type: 'start', data });
      } catch (cause) {
        lose(member, refusedBy(cause, 'the data of startWorker'));
        return;
      }
      member.ready = true;
    } else {
      const { call } = member;
      member.call = undefined;
      if (reply.type === 'error') call?.reject(receiveError(reply.error));
      else call?.resolve(reply.value);
    }
    dispatch();
  };

  const lose = (member: Member, error: TankaError): void => {
    if (!members.delete(member)) return;
    // One that threw outside of a call would live on, with its memory.
    end(member.endpoint);
    member.call?.reject(error);
    if (members.size > 0) return;
    ended ??= error;
    for (const call of waiting.splice(0)) call.reject(error);
  };

  for (let i = 0; i < workers; i++) {
    const member: Member = { endpoint: create(), ready: false, call: undefined };
    members.add(member);
    listen<Reply>(
      member.endpoint,
      (reply) => receive(member, reply),
      (reason, cause) => lose(member, failure(reason, cause)),
    );
  }

  const giveUp = (call: Call, reason: unknown): void => {
    const place = waiting.indexOf(call);
    if (place >= 0) waiting.splice(place, 1);
    for (const member of members) if (member.call === call) post(member, { type: 'abort', id: call.id });
    call.reject(reason);
  };

  const send = async (name: string, args: unknown[], { signal }: CallOptions): Promise<unknown> => {
    signal?.throwIfAborted();
    if (ended !== undefined) throw ended;
    const parcel = pack(args, `the arguments of ${name}`);
    let call: Call | undefined;
    const abort = (): void => giveUp(call as Call, signal?.reason);
    try {
      const value = await new Promise((resolve, reject) => {
        call = { id: nextId++, name, parcel, resolve, reject };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.push(call);
        dispatch();
      });
      return unpack(value);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  };

  const remote = (options: CallOptions): Remote<Functions> =>
    new Proxy({} as Remote<Functions>, {
      get: (_, name) =>
        // `await` asks every object for `then`.
        typeof name === 'string' && name !== 'then'
          ? (...args: unknown[]) => send(name, args, options)
          : undefined,
    });

  return {
    run: remote({}),
    with: remote,
    close() {
      ended ??= new TankaError('worker-closed', 'The workers were closed. Start others with startWorker.');
      for (const member of members) {
        member.call?.reject(ended);
        end(member.endpoint);
      }
      members.clear();
      for (const call of waiting.splice(0)) call.reject(ended);
    },
  };
}

import { TankaError } from '../errors/tanka-error.js';

/** The other side: a `Worker` of a browser or of Node, or a port of a `MessageChannel`. */
export interface Endpoint {
  /** Sends; what `transfer` lists moves. */
  postMessage(message: unknown, transfer: never[]): void;
}

interface Listening {
  addEventListener?(event: string, listener: (event: MessageEvent & ErrorEvent) => void): void;
  on?(event: string, listener: (value: unknown) => void): void;
  start?(): void;
}

/** Calls `receive` with every message, and `fail`, where there is one, with why no more will come. */
export function listen<Message>(
  endpoint: Endpoint,
  receive: (message: Message) => void,
  fail?: (reason: string, cause?: unknown) => void,
): void {
  const side = endpoint as Listening;
  if (typeof side.addEventListener === 'function') {
    side.addEventListener('message', ({ data }) => receive(data as Message));
    side.start?.();
    // In a worker the endpoint is its global scope, whose errors have to go on to the page.
    if (fail === undefined) return;
    side.addEventListener('error', (event) => {
      // Its text alone crosses the boundary; said here, it need not be said in the console as well.
      event.preventDefault?.();
      fail(event.message ?? 'its script could not be loaded', event.error);
    });
    side.addEventListener('messageerror', () => fail('a message could not be read'));
    side.addEventListener('close', () => fail('its port was closed'));
    return;
  }
  side.on?.('message', (message) => receive(message as Message));
  if (fail === undefined) return;
  side.on?.('error', (error) => fail((error as Error).message, error));
  side.on?.('exit', (code) => fail(`it ended with exit code ${String(code)}`));
}

/** Ends a worker, or closes a port. */
export function end(endpoint: Endpoint): void {
  const side = endpoint as { terminate?(): unknown; close?(): void };
  if (side.terminate !== undefined) void side.terminate();
  else side.close?.();
}

/** The page or the thread that started this one. @throws `worker-scope-missing` where nobody did */
export function parent(): Endpoint {
  // Node's workers have no global `postMessage` of their own.
  const threads =
    typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:worker_threads');
  if (threads?.parentPort) return threads.parentPort as Endpoint;
  if ('WorkerGlobalScope' in globalThis) return globalThis as unknown as Endpoint;
  throw new TankaError(
    'worker-scope-missing',
    'serve() was called in a page or in the main thread, where no calls arrive. Call it in the script of a Worker, which ' +
      'startWorker(() => new Worker(…)) starts, or pass it a port: serve(setup, port).',
  );
}

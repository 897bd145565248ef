import { program } from './program.js';

/** The same in the page and in a Worker, one after the other. */
async function main(): Promise<unknown> {
  const query = new URLSearchParams(location.search);
  const threads = Number(query.get('threads') ?? 1);
  const page = await program(threads);
  if (query.get('worker') === 'no') return { page };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const result = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ error?: string }>) =>
      data.error === undefined ? resolve(data) : reject(new Error(data.error));
    worker.onerror = (event) => reject(new Error(`the worker failed: ${event.message}`));
    worker.postMessage(threads);
  });
  return { page, worker: result };
}

main().then(
  (result) => Object.assign(window, { result }),
  (error: unknown) => Object.assign(window, { result: { error: String((error as Error).stack) } }),
);

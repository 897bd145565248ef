import { program } from './program.js';

addEventListener('message', ({ data }: MessageEvent<number>) => {
  program(data).then(postMessage, (error: unknown) => postMessage({ error: String((error as Error).stack) }));
});

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

/** Any file server sends these; browsers insist on the types of scripts, and stream-compile WASM only with its own. */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** The headers that make a page cross-origin isolated, which threads need. */
export const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export interface ServerOptions {
  /** Sends COOP and COEP. Default false. */
  readonly isolated?: boolean;
  /** The path at which the folder is served, with a last `/`. Default `/`. */
  readonly under?: string;
  /** Sent with every file. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StaticServer {
  /** With a last `/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the files below `folder` on a free port of 127.0.0.1. */
export async function serveFolder(folder: string, options: ServerOptions = {}): Promise<StaticServer> {
  const { under = '/' } = options;
  const headers = { ...(options.isolated === true && isolationHeaders), ...options.headers };
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = join(folder, `${path.slice(under.length)}${path.endsWith('/') ? 'index.html' : ''}`);
    const size = path.startsWith(under) ? sizeOf(file) : undefined;
    if (size === undefined) {
      // Browsers ask for it unasked, and a 404 is an error in the console.
      response.writeHead(path === '/favicon.ico' ? 204 : 404, headers).end();
      return;
    }
    const type = types[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': size });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${under}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function sizeOf(file: string): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.size : undefined;
}

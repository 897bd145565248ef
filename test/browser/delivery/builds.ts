import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createServer, type Plugin } from 'vite';
import webpack from 'webpack';
import { documented } from '../support/documented.js';
import { isolationHeaders } from '../support/server.js';

/**
 * By the command line of Vite, as a user's `npm run build` does, with the plugin from the user's `node_modules`.
 * @returns the folder to serve
 */
export async function buildWithVite(folder: string): Promise<string> {
  writeFileSync(join(folder, 'vite.config.js'), documented('Vite'));
  const vite = join(folder, 'node_modules/vite/bin/vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: folder });
  return join(folder, 'dist');
}

/** The plugin as it was packed. */
async function packedPlugin(folder: string): Promise<Plugin> {
  const file = pathToFileURL(join(folder, 'node_modules/tanka/dist/vite/index.js')).href;
  const { tanka } = (await import(file)) as { tanka: () => Plugin };
  return tanka();
}

export async function startViteDev(
  folder: string,
  isolated: boolean,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: 'error',
    cacheDir: join(folder, 'node_modules/.vite'),
    plugins: [await packedPlugin(folder)],
    server: {
      host: '127.0.0.1',
      port: 0,
      hmr: false,
      fs: { strict: false },
      headers: isolated ? isolationHeaders : {},
    },
  });
  await server.listen();
  return { url: (server.resolvedUrls as { local: string[] }).local[0], close: () => server.close() };
}

export async function buildWithWebpack(folder: string): Promise<string> {
  const path = join(folder, 'dist-webpack');
  const file = join(folder, 'webpack.config.js');
  writeFileSync(file, documented('webpack 5'));
  const { default: config } = (await import(pathToFileURL(file).href)) as { default: webpack.Configuration };
  const compiler = webpack({
    ...config,
    context: folder,
    output: { path, filename: 'page.js' },
    performance: false,
  });
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
    compiler.run((error, result) => (error === null ? resolve(result) : reject(error))),
  );
  await new Promise((resolve) => compiler.close(resolve));
  if (stats?.hasErrors() !== false || stats.hasWarnings()) throw new Error(stats?.toString() ?? 'no result');
  copyPage(folder, path);
  return path;
}

export async function buildWithEsbuild(folder: string): Promise<string> {
  const outdir = join(folder, 'dist-esbuild');
  const command = documented('esbuild')
    .replace('--outdir=dist', '--outdir=dist-esbuild --log-level=error')
    .replace(/ dist\/$/m, ' dist-esbuild/');
  const PATH = `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`;
  await promisify(execFile)('sh', ['-ec', command], { cwd: folder, env: { ...process.env, PATH } });
  copyPage(folder, outdir);
  return outdir;
}

function copyPage(folder: string, to: string): void {
  if (!existsSync(join(to, 'index.html'))) cpSync(join(folder, 'index.html'), join(to, 'index.html'));
}

/** No build at all: the page with an import map. */
export function layOutPlain(folder: string): string {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  writeFileSync(
    join(folder, 'plain.html'),
    page.replace('<script', `${documented('Script tags, no build')}<script`),
  );
  return folder;
}

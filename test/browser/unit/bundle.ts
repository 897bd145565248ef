import { readFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { nodeOnly } from './node-only.js';

const separate = /^(browser|docs|examples|package)\//;

/** The unit tests, by their paths below `test/`. */
export function unitTests(): string[] {
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.test.ts') && !separate.test(file))
    .sort();
}

/** Those of them that run in the page. */
export function pageTests(): string[] {
  return unitTests().filter((file) => !(file in nodeOnly));
}

/** Files know where they are, and read goldens through the page. Any other module of Node is an error: the test belongs on the list. */
const inPage: Plugin = {
  name: 'in page',
  setup(plugin) {
    plugin.onResolve({ filter: /^node:fs$/ }, () => ({ path: resolve('test/browser/unit/node-shims.ts') }));
    plugin.onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, async ({ path }) => {
      const place = `new URL('/${relative('.', path).split(sep).join('/')}', location.origin).href`;
      return { contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', place), loader: 'ts' };
    });
  },
};

/** The tests as one script for a page that has mocha; kernels and their binaries are those of the sources. */
export async function bundleTests(outfile: string, files: readonly string[]): Promise<void> {
  await build({
    stdin: {
      contents: [
        "import { report } from './test/browser/unit/start.ts';",
        'globalThis.report = report;',
        "import { mochaHooks } from './test/hooks.ts';",
        'mocha.rootHooks(mochaHooks);',
        ...files.map((file) => `import './test/${file}';`),
      ].join('\n'),
      resolveDir: '.',
      loader: 'ts',
    },
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    keepNames: true,
    // The manifest of the package says of most files that importing them does nothing, which is wrong for tests.
    ignoreAnnotations: true,
    define: { 'process.env': '{}' },
    external: ['fs', 'path', 'os', 'perf_hooks', 'worker_threads', 'util', 'crypto'],
    inject: ['test/browser/unit/node-shims.ts'],
    plugins: [inPage],
    logLevel: 'silent',
  });
}

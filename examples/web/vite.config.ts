import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tanka } from 'tanka/vite';
import { defineConfig, type Plugin } from 'vite';

/** Threads need these headers; `ISOLATED=no` shows the page without. */
const headers =
  process.env.ISOLATED === 'no'
    ? {}
    : { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The package beside the page, by the names that users import. */
const { exports } = JSON.parse(readFileSync(path('../../package.json'), 'utf8')) as {
  exports: Record<string, { default: string } | string>;
};
const alias = Object.entries(exports).flatMap(([name, target]) =>
  typeof target === 'string'
    ? []
    : [{ find: new RegExp(`^tanka${name.slice(1)}$`), replacement: path(`../../${target.default}`) }],
);

/** Not laid up beforehand: the page itself, its weights and data, and the binaries for old browsers and for threads. */
const unusual = /index\.html$|^data\/|tfjs-backend-wasm(-threaded-simd)?-[^-]*\.wasm$/;

/** Writes the service worker with the list of what the page is made of, so that it works offline from the second visit on. */
function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle(_, bundle) {
      const files = ['./', ...Object.keys(bundle).filter((file) => !unusual.test(file))];
      const version = createHash('sha256').update(files.join()).digest('hex').slice(0, 12);
      const source = readFileSync(path('offline.js'), 'utf8');
      this.emitFile({
        type: 'asset',
        fileName: 'sw.js',
        source: `const version = '${version}';\nconst files = ${JSON.stringify(files)};\n${source}`,
      });
    },
  };
}

export default defineConfig({
  root: path('.'),
  base: './',
  plugins: [tanka(), offline()],
  resolve: { alias },
  server: { headers },
  preview: { headers },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        assetFileNames: ({ originalFileNames: [from] }) =>
          from?.startsWith('data/') ? 'data/[name]-[hash][extname]' : 'assets/[name]-[hash][extname]',
      },
    },
  },
});

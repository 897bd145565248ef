/** Builds what TypeScript cannot: `node tools/build.mjs generated` before tests, `node tools/build.mjs` for the package. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * TensorFlow.js registers no gradients in Node, and its own file that does so cannot be loaded there: it is bundled here.
 * What the rules import comes from the user's one copy of tfjs-core wherever its root exports it; only the rest is bundled.
 */
async function bundleStockGradients() {
  const core = '@tensorflow/tfjs-core';
  const root = new Set(Object.keys(await import(core)));
  await build({
    stdin: { contents: `import '${core}/dist/register_all_gradients';`, resolveDir: '.' },
    outfile: 'src/backend/gradients/stock.js',
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'eof',
    logLevel: 'warning',
    plugins: [
      {
        name: 'root-of-core',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: new RegExp(`^${core}$`) }, () => ({ path: core, external: true }));
          onLoad({ filter: /tfjs-core\/dist\/.*\.js$/ }, ({ path }) => {
            const source = readFileSync(path, 'utf8');
            const names = [...source.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(
              (match) => match[1],
            );
            // `export const mul = /* @__PURE__ */ op({ mul_ })` also exports `mul_`, which no rule imports.
            const extra = [...source.matchAll(/^export \{ (\w+)_ \}/gm)].length;
            const fromRoot = names.length > 0 && names.every((name) => root.has(name)) && extra === 0;
            return fromRoot ? { contents: `export { ${names.join(', ')} } from '${core}';` } : undefined;
          });
        },
      },
    ],
  });
}

await bundleStockGradients();
if (process.argv[2] !== 'generated') {
  rmSync('dist', { recursive: true, force: true });
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  cpSync('src/backend/gradients/stock.js', 'dist/backend/gradients/stock.js');
  cpSync('src/backend/gradients/stock.d.ts', 'dist/backend/gradients/stock.d.ts');
  if (existsSync('src/backend/wasm/binaries')) {
    cpSync('src/backend/wasm/binaries', 'dist/backend/wasm/binaries', { recursive: true });
  }
}

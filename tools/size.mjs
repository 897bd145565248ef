/**
 * The size gate: what a page pays for, bundled, minified and gzipped, after `npm run build`. What counts is what Vite makes (Rolldown with
 * Oxc's minifier); what esbuild makes of the same code stands beside it, by room. Not counted, as budgets say: WASM binaries (that of
 * the random kernels is text in a module), `reflect-metadata`, TensorFlow.js, and the gradient rules, which stand in the place of
 * TensorFlow.js' own.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build as buildByEsbuild } from 'esbuild';
import { build as buildByVite } from 'vite';

const binaries = ['tanka-simd.wasm', 'tanka-relaxed-simd.wasm'];
const kilobyte = 1000;

/** `goal` is what issue 11 asks for; `ceiling` is what must hold today, lowered with each gain. */
const budgets = [
  {
    name: 'core: transform and Linear',
    code: "export { Linear, transform } from './dist/index.js';",
    goal: 10,
    ceiling: 10,
  },
  { name: 'whole tanka', code: "export * from './dist/index.js';", goal: 50, ceiling: 71 },
  {
    // What most pages load beside it: no goal was set for the sum, which must not grow unseen.
    name: 'whole tanka and tanka/wasm',
    code: "export * from './dist/index.js'; export * from './dist/wasm/index.js';",
    goal: 106,
    ceiling: 103,
  },
];

const target = 'es2022';
const external = /^(@tensorflow\/|reflect-metadata$)/;

/** What stands in the place of files that do not count. */
const uncounted = [
  [/dist\/random\/kernels\/binary\.js$/, "export const binary = '';"],
  [/dist\/backend\/gradients\/rules\.js$/, 'export const gradientRules = [];'],
];

function withoutImports(code) {
  return code.replace(
    /import\s*(?:\{[^}]*\}\s*from)?\s*["'`](?:@tensorflow\/[\w-]+|reflect-metadata)["'`];?/g,
    '',
  );
}

/** The code that a page loads, by Vite. */
async function byVite(code) {
  const entry = 'virtual:entry';
  const { output } = await buildByVite({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: [
      {
        name: 'size',
        enforce: 'pre',
        resolveId(id) {
          if (id === entry) return `${process.cwd()}/entry.js`;
          if (external.test(id)) return { id, external: true };
        },
        load(id) {
          if (id === `${process.cwd()}/entry.js`) return code;
          return uncounted.find(([file]) => file.test(id))?.[1];
        },
      },
    ],
    build: {
      write: false,
      target,
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  });
  return withoutImports(output.find(({ isEntry }) => isEntry).code);
}

/** What the built files import of TensorFlow.js, by package. */
function importedNames() {
  const names = new Map();
  for (const file of readdirSync('dist', { recursive: true }).filter((name) => name.endsWith('.js'))) {
    const code = readFileSync(`dist/${file}`, 'utf8');
    for (const [, list, from] of code.matchAll(/^import \{([^}]*)\} from '(@tensorflow\/[\w-]+)';/gm)) {
      const own = names.get(from) ?? new Set();
      for (const item of list.split(',')) own.add(item.trim().split(' as ')[0]);
      own.delete('');
      names.set(from, own);
    }
  }
  return names;
}

/** For esbuild: one import of each package instead of one a file, as where the package is bundled too. */
const shared = {
  name: 'shared',
  setup({ onResolve, onLoad }) {
    const names = importedNames();
    onResolve({ filter: /^@tensorflow\// }, ({ path, namespace }) =>
      namespace === 'shared' ? { path, external: true } : { path, namespace: 'shared', sideEffects: false },
    );
    onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({
      contents: `export { ${[...(names.get(path) ?? [])].join(', ')} } from '${path}';`,
    }));
    for (const [filter, contents] of uncounted) onLoad({ filter }, () => ({ contents }));
  },
};

/** The code that a page loads, by esbuild, and bytes of each room in it, the heaviest first. */
async function byEsbuild(code) {
  const { outputFiles, metafile } = await buildByEsbuild({
    stdin: { contents: code, resolveDir: '.' },
    bundle: true,
    minify: true,
    format: 'esm',
    target,
    external: ['reflect-metadata'],
    legalComments: 'none',
    metafile: true,
    write: false,
    plugins: [shared],
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const sums = new Map();
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    if (!file.startsWith('dist/')) continue;
    const room = file.split('/')[1] ?? 'index.js';
    sums.set(room, (sums.get(room) ?? 0) + bytesInOutput);
  }
  const rooms = [...sums].filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1]);
  return { code: withoutImports(outputFiles[0].text), rooms };
}

const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length / kilobyte;

let failed = false;
function report(name, size, goal, ceiling) {
  const state = size > ceiling ? '✘' : size > goal ? '…' : '✔';
  failed ||= size > ceiling;
  const open = size > goal ? `, ${(size - goal).toFixed(1)} above; ceiling ${ceiling}` : '';
  console.log(`${state} ${name}: ${size.toFixed(1)} kB gzipped (goal ${goal}${open})`);
}

for (const { name, code, goal, ceiling } of budgets) {
  report(name, gzip(await byVite(code)), goal, ceiling);
  const other = await byEsbuild(code);
  const parts = other.rooms.map(([room, bytes]) => `${room} ${(bytes / kilobyte).toFixed(1)}`);
  console.log(`    by esbuild ${gzip(other.code).toFixed(1)}; before gzip: ${parts.join(', ')}`);
}
for (const binary of binaries) {
  report(binary, gzip(readFileSync(`dist/backend/wasm/binaries/${binary}`)), 40, 40);
}
process.exitCode = failed ? 1 : 0;

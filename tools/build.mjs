/** Builds what TypeScript cannot: `node tools/build.mjs generated` before tests, `node tools/build.mjs` for the package. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, relative } from 'node:path';

const binaries = 'src/backend/wasm/binaries';
const randomBinary = 'src/random/kernels/binary.js';

/**
 * Compiles the kernels, once with SIMD and once with relaxed SIMD: `useWasm` loads the one that the engine validates.
 * They work on the heap of the backend, so they have no memory, no static data and no allocator of their own.
 */
async function compileKernels() {
  const sources = readdirSync('assembly').map((file) => `assembly/${file}`);
  const newest = Math.max(...[...sources, 'tools/build.mjs'].map((file) => statSync(file).mtimeMs));
  for (const [name, features] of [
    ['tanka-simd.wasm', ['simd']],
    ['tanka-relaxed-simd.wasm', ['simd', 'relaxed-simd']],
  ]) {
    const target = `${binaries}/${name}`;
    if (existsSync(target) && statSync(target).mtimeMs > newest) continue;
    // Not a word where nothing changed; a first build would be silent for long.
    console.error(`Compiling ${name} …`);
    // Loaded only when something changed: it takes a second.
    const { default: asc } = await import('assemblyscript/asc');
    const { error, stderr } = await asc.main([
      'assembly/index.ts',
      ...['--outFile', target, '-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--use', 'abort='],
      ...['--disableWarning', '112'],
      ...features.flatMap((feature) => ['--enable', feature]),
    ]);
    if (error !== null) throw new Error(`${name}: ${stderr.toString()}`, { cause: error });
  }
}

/**
 * The kernels of the random numbers have a memory of their own and start without `useWasm`: their binary is text in a module, which
 * loads at once and with no second file.
 */
async function compileRandomKernels() {
  const source = 'assembly/random.ts';
  if (existsSync(randomBinary) && statSync(randomBinary).mtimeMs > statSync(source).mtimeMs) return;
  const { default: asc } = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await asc.main(
    [
      source,
      ...['--outFile', 'random.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
      ...['--initialMemory', '1', '--maximumMemory', '1'],
    ],
    { writeFile: (name, data) => name === 'random.wasm' && (binary = data) },
  );
  if (error !== null) throw new Error(`${source}: ${stderr.toString()}`, { cause: error });
  writeFileSync(randomBinary, `export const binary = '${Buffer.from(binary).toString('base64')}';\n`);
}

/** The stock binaries travel with ours: a bundler finds them by the same relative addresses. */
function copyStockBinaries() {
  const from = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
  for (const file of readdirSync(from).filter((name) => name.endsWith('.wasm'))) {
    copyFileSync(`${from}/${file}`, `${binaries}/${file}`);
  }
}

/** Files with decorators import the helper for them, in front of their first line: TypeScript would write it out in each (`noEmitHelpers`). */
function importDecorate() {
  for (const name of readdirSync('dist', { recursive: true }).filter((file) => file.endsWith('.js'))) {
    const file = `dist/${name}`;
    const code = readFileSync(file, 'utf8');
    if (!/\b__decorate\(/.test(code)) continue;
    const helper = relative(dirname(file), 'dist/module/decorate.js').replaceAll('\\', '/');
    const address = helper.startsWith('.') ? helper : `./${helper}`;
    writeFileSync(file, `import { decorate as __decorate } from '${address}'; ${code}`);
  }
}

mkdirSync(binaries, { recursive: true });
await compileKernels();
await compileRandomKernels();
copyStockBinaries();
if (process.argv[2] !== 'generated') {
  console.error('Building dist …');
  rmSync('dist', { recursive: true, force: true });
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  importDecorate();
  cpSync(binaries, 'dist/backend/wasm/binaries', { recursive: true });
  for (const file of ['binary.js', 'binary.d.ts'])
    cpSync(`src/random/kernels/${file}`, `dist/random/kernels/${file}`);
}

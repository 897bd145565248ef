import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';

/*
 * Compiles the kernels when a test is run by itself, without `npm test`, and their sources are newer or they are missing. Loaded before everything
 * else, because the source imports one of them.
 */
const built = ['src/backend/wasm/binaries/tanka-simd.wasm', 'src/random/kernels/binary.js'].map((binary) =>
  existsSync(binary) ? statSync(binary).mtimeMs : 0,
);
const newest = Math.max(...readdirSync('assembly').map((file) => statSync(`assembly/${file}`).mtimeMs));
const isStale = built[0] < newest || built[1] < statSync('assembly/random.ts').mtimeMs;
if (isStale) execFileSync('node', ['tools/build.mjs', 'generated'], { stdio: 'inherit' });

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';

/** Compiles the kernels when a test is run by itself, without `npm test`, and their sources are newer. */
export function compileStaleKernels(): void {
  const binary = 'src/backend/wasm/binaries/tanka-simd.wasm';
  const built = existsSync(binary) ? statSync(binary).mtimeMs : 0;
  const isStale = readdirSync('assembly').some((file) => statSync(`assembly/${file}`).mtimeMs > built);
  if (isStale) execFileSync('node', ['tools/build.mjs', 'generated'], { stdio: 'inherit' });
}

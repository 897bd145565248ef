/** Builds what TypeScript cannot: `node tools/build.mjs generated` before tests, `node tools/build.mjs` for the package. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';

if (process.argv[2] !== 'generated') {
  rmSync('dist', { recursive: true, force: true });
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  if (existsSync('src/backend/wasm/binaries')) {
    cpSync('src/backend/wasm/binaries', 'dist/backend/wasm/binaries', { recursive: true });
  }
}

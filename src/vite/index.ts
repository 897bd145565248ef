/**
 * `tanka/vite`: a plugin for Vite with which threads start and classes keep their names after minification.
 *
 * @module
 */

/** The part of Vite's plugin interface that is used here; Vite itself is not needed to compile against the package. */
export interface TankaPlugin {
  readonly name: string;
  readonly enforce: 'pre';
  /** Keeps the names of classes, makes workers modules, and applies the plugin in them. */
  config(): {
    readonly build: { rolldownOptions: RolldownOptions };
    readonly worker: { format: 'es'; plugins: () => TankaPlugin[]; rolldownOptions: RolldownOptions };
  };
  /** Mends the module that starts the threads. */
  transform(code: string, id: string): { code: string; map: null } | undefined;
}

/** The option of Vite's bundler that is set here. */
export interface RolldownOptions {
  readonly output: { readonly keepNames: true };
}

const THREADED_MODULE =
  /tfjs-backend-wasm[\\/](wasm-out[\\/]tfjs-backend-wasm-threaded-simd\.js|dist[\\/]tf-backend-wasm)/;
const ASSIGNMENT =
  /if\s*\(typeof _scriptDir !== "undefined" && _scriptDir\)\s*\{\s*scriptDirectory\s*=\s*_scriptDir;?\s*\}/g;
const FALLBACK = /\|\|\s*_scriptDir\b/g;

/**
 * The plugin. It lets classes keep their names, from which `@hk.module()` takes those of the parameters, sets `worker.format` to `'es'`, which workers that
 * import modules need, and applies itself to workers.
 *
 * The threaded build of the backend starts its threads from the text of one of its functions. That function has a single free
 * variable, `_scriptDir`, which it guards with `typeof`; minifiers shorten the guard to one that throws in every thread, so that the
 * start never ends. Where nobody reads the variable, nothing can break.
 *
 * ```ts no-run
 * import { defineConfig } from 'vite';
 * import { tanka } from 'tanka/vite';
 *
 * export default defineConfig({ plugins: [tanka()] });
 * ```
 */
export function tanka(): TankaPlugin {
  return {
    name: 'tanka',
    enforce: 'pre',
    config() {
      const rolldownOptions: RolldownOptions = { output: { keepNames: true } };
      return {
        build: { rolldownOptions },
        worker: { format: 'es', plugins: () => [tanka()], rolldownOptions },
      };
    },
    transform(code, id) {
      if (!THREADED_MODULE.test(id)) return undefined;
      return { code: code.replace(ASSIGNMENT, '').replace(FALLBACK, ''), map: null };
    },
  };
}

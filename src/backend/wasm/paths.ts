import { TankaError } from '../../errors/tanka-error.js';
import { readBytes, type KernelBinary } from './binary.js';

/** The binaries of `@tensorflow/tfjs-backend-wasm`. */
export type StockBinary =
  'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm' | 'tfjs-backend-wasm-threaded-simd.wasm';

/** The binaries that `useWasm` may load. */
export type WasmBinary = StockBinary | KernelBinary;

/** A folder (with or without its last `/`) of the stock binaries, or the place of each file; files left out are found as without. */
export type WasmPaths = string | Readonly<Partial<Record<WasmBinary, string>>>;

/** Where each binary is. `stock` is undefined where the stock backend finds its own. */
export interface ResolvedPaths {
  readonly stock: Readonly<Record<StockBinary, string>> | undefined;
  readonly kernels: Readonly<Partial<Record<KernelBinary, string>>>;
}

const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** The copies that our package carries, written out so that bundlers see each. */
function packaged(): Record<StockBinary, string> {
  return {
    'tfjs-backend-wasm.wasm': new URL('./binaries/tfjs-backend-wasm.wasm', import.meta.url).href,
    'tfjs-backend-wasm-simd.wasm': new URL('./binaries/tfjs-backend-wasm-simd.wasm', import.meta.url).href,
    'tfjs-backend-wasm-threaded-simd.wasm': new URL(
      './binaries/tfjs-backend-wasm-threaded-simd.wasm',
      import.meta.url,
    ).href,
  };
}

/** Fills in what the `paths` of `useWasm` leave out. */
export function resolvePaths(paths: WasmPaths | undefined): ResolvedPaths {
  if (typeof paths === 'string') {
    const folder = paths.endsWith('/') ? paths : `${paths}/`;
    return {
      stock: {
        'tfjs-backend-wasm.wasm': `${folder}tfjs-backend-wasm.wasm`,
        'tfjs-backend-wasm-simd.wasm': `${folder}tfjs-backend-wasm-simd.wasm`,
        'tfjs-backend-wasm-threaded-simd.wasm': `${folder}tfjs-backend-wasm-threaded-simd.wasm`,
      },
      kernels: {},
    };
  }
  const own = paths ?? {};
  const stockNamed = Object.keys(own).some((name) => name.startsWith('tfjs-'));
  // In Node the stock backend finds the files beside its own code.
  const stock = isNode && !stockNamed ? undefined : { ...packaged(), ...pick(own) };
  return { stock, kernels: own };
}

function pick(paths: Readonly<Partial<Record<StockBinary, string>>>): Partial<Record<StockBinary, string>> {
  return Object.fromEntries(Object.entries(paths).filter(([name]) => name.startsWith('tfjs-')));
}

/**
 * In Node a wrong path is found before the backend starts: a start that failed cannot be repeated, and prints to stderr.
 * @throws `wasm-binary-invalid`
 */
export async function checkStockBinaries(
  paths: Readonly<Record<StockBinary, string>>,
  simd: boolean,
): Promise<void> {
  if (!isNode) return;
  const name: StockBinary = simd ? 'tfjs-backend-wasm-simd.wasm' : 'tfjs-backend-wasm.wasm';
  const where = paths[name];
  const problem = await readBytes(where).then(
    (bytes) =>
      WebAssembly.validate(bytes)
        ? undefined
        : `its ${bytes.length} bytes are no WASM module: the file is truncated`,
    (cause: unknown) => String(cause),
  );
  if (problem === undefined) return;
  throw new TankaError(
    'wasm-binary-invalid',
    `useWasm cannot load ${name} from ${where}: ${problem}. Name the folder that holds the three binaries of @tensorflow/tfjs-backend-wasm.`,
  );
}

import { env } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import type { RawKernels } from './exports.js';

/** The binaries of our kernels. */
export type KernelBinary = 'tanka-simd.wasm' | 'tanka-relaxed-simd.wasm';

/** A function that uses `f32x4.relaxed_madd`. */
const relaxedProbe = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32,
  1, 32, 2, 253, 133, 2, 11,
]);

const relaxedFlag = 'WASM_HAS_RELAXED_SIMD_SUPPORT';

// A flag as those of the stock backend, so that an application or a test may refuse what the engine has.
env().registerFlag(relaxedFlag, () => WebAssembly.validate(relaxedProbe));

/** Whether the engine has the relaxed SIMD instructions, whose multiply-add rounds once, and nobody refused them. */
export function hasRelaxedSimd(): boolean {
  return env().getBool(relaxedFlag);
}

/** Where a binary lies in the package. Written out, so that bundlers see and copy each file. */
function packaged(name: KernelBinary): URL {
  return name === 'tanka-simd.wasm'
    ? new URL('./binaries/tanka-simd.wasm', import.meta.url)
    : new URL('./binaries/tanka-relaxed-simd.wasm', import.meta.url);
}

/**
 * Reads and compiles one of our binaries.
 * @throws `wasm-binary-invalid` when it is missing, truncated or not ours
 * @internal
 */
export async function loadKernels(name: KernelBinary, path?: string): Promise<Uint8Array<ArrayBuffer>> {
  const where = path ?? packaged(name).href;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readBytes(where);
  } catch (cause) {
    throw new TankaError(
      'wasm-binary-invalid',
      `The kernels ${name} could not be read from ${where}. Serve that file, name its place in \`useWasm({ paths: { '${name}': … } })\`, ` +
        "or do without: `useWasm({ kernels: 'stock' })`.",
      { cause },
    );
  }
  if (!WebAssembly.validate(bytes)) {
    throw new TankaError(
      'wasm-binary-invalid',
      `The ${bytes.length} bytes at ${where} are not the kernels ${name}: the file is truncated, or the server sent another page. Copy it again from the package.`,
    );
  }
  return bytes;
}

/** Instantiates the kernels on the memory of a started backend. @internal */
export async function instantiateKernels(
  bytes: Uint8Array<ArrayBuffer>,
  memory: WebAssembly.Memory,
): Promise<RawKernels> {
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  const { instance } = await WebAssembly.instantiate(shared ? importShared(bytes) : bytes, {
    env: { memory },
  });
  return instance.exports as unknown as RawKernels;
}

/** The bytes of a file in Node, where `fetch` does not know `file:`, or of any other address. @internal */
export async function readBytes(where: string): Promise<Uint8Array<ArrayBuffer>> {
  const fs = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:fs');
  if (fs !== undefined && !/^(https?|data|blob):/.test(where)) {
    return new Uint8Array(fs.readFileSync(where.startsWith('file:') ? new URL(where) : where));
  }
  const response = await fetch(where, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

const importSection = 2;
const memoryImport = 2;
/** The maximum of the threaded build: a shared memory must be imported with one that is not smaller. */
const maximumPages = 65536;

/**
 * The same binary with its memory imported as shared: a module says so in the limits of the import, one byte,
 * which saves a second pair of binaries for the threaded build.
 * @internal
 */
export function importShared(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const out: number[] = [...bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at];
    const [length, start] = readVarint(bytes, at + 1);
    const body = bytes.subarray(start, start + length);
    if (id === importSection) {
      const patched = patchImports(body);
      out.push(id, ...varint(patched.length), ...patched);
    } else {
      for (let i = at; i < start + length; i++) out.push(bytes[i]);
    }
    at = start + length;
  }
  return new Uint8Array(out);
}

function patchImports(body: Uint8Array): number[] {
  const [count, first] = readVarint(body, 0);
  // Only the memory is imported (asserted by a test of the binaries).
  let at = first;
  for (let name = 0; name < 2; name++) {
    const [length, start] = readVarint(body, at);
    at = start + length;
  }
  if (count !== 1 || body[at] !== memoryImport) {
    throw new TankaError(
      'wasm-binary-invalid',
      'The kernels import something other than a memory: they are not those of this package.',
    );
  }
  const [minimum] = readVarint(body, at + 2);
  return [...varint(count), ...body.subarray(first, at + 1), 3, ...varint(minimum), ...varint(maximumPages)];
}

function readVarint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  bytes.push(value);
  return bytes;
}

import { bytesOf } from '../base64.js';
import { binary } from './binary.js';
import { SCRATCH_WORDS, type Kernels } from './kernels.js';

interface Exports extends Omit<Kernels, 'words' | 'floats'> {
  readonly memory: WebAssembly.Memory;
  readonly scratch: WebAssembly.Global<'i32'>;
}

/** The kernels in WebAssembly with SIMD, or `null` where the engine refuses them (no SIMD, or a policy against compiling). */
export function compiledKernels(): Kernels | null {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(binary)));
    const { memory, scratch, ...functions } = exports as unknown as Exports;
    const words = new Uint32Array(memory.buffer, scratch.value, SCRATCH_WORDS);
    const floats = new Float32Array(memory.buffer, scratch.value, SCRATCH_WORDS);
    return { words, floats, ...functions };
  } catch {
    return null;
  }
}

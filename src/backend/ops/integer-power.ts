import {
  cast,
  engine,
  getBackend,
  getKernel,
  pow,
  registerKernel,
  scalar,
  type KernelBackend,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

const NAME = 'TankaIntegerPower';

/** What both backends that read synchronously and cheaply offer. */
interface HostBackend extends KernelBackend {
  makeTensorInfo?: (shape: number[], dtype: 'float32', values: Float32Array) => TensorInfo;
  makeOutput?: (
    shape: number[],
    dtype: 'float32',
    memoryOffset: undefined,
    values: Float32Array,
  ) => TensorInfo;
}

/** `base ^ exponent` by squaring, each product rounded to float32: the products that XLA forms, in its order. */
function powerBySquaring(base: number, exponent: number): number {
  let result = 1;
  let square = Math.fround(base);
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.fround(result * square);
    square = Math.fround(square * square);
  }
  return result;
}

/** Registers the kernel for a backend on first use; `false` where values are too far away to be read. */
function hasKernel(backendName: string): boolean {
  if (getKernel(NAME, backendName) !== undefined) return true;
  if (backendName !== 'wasm' && backendName !== 'cpu') return false;
  registerKernel({
    kernelName: NAME,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const host = backend as HostBackend;
      const exponent = host.readSync((inputs.exponent as TensorInfo).dataId)[0] as number;
      const values = Float32Array.of(powerBySquaring((attrs as { base: number }).base, exponent));
      const output =
        host.makeTensorInfo?.([], 'float32', values) ?? host.makeOutput?.([], 'float32', undefined, values);
      return output as TensorInfo;
    },
  });
  return true;
}

/**
 * `base ^ exponent` as JAX computes it for a whole exponent when it runs operation by operation: by squaring.
 * A last digit that differs is seen where the difference of two such numbers decides, as in RAdam.
 *
 * @param exponent int32 scalar, not negative
 * @returns float32 scalar
 */
export function integerPower(base: number, exponent: Tensor): Tensor {
  if (!hasKernel(getBackend())) return pow(scalar(base), cast(exponent, 'float32'));
  return engine().runKernel(NAME, { exponent }, { base });
}

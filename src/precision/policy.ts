import { cast, type DataType } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { mapTensors } from '../tree/tree.js';

/** In which dtypes the modules of a class keep their parameters, compute, and return their results. */
export interface Policy {
  readonly paramDtype: DataType;
  readonly computeDtype: DataType;
  readonly outputDtype: DataType;
}

const FULL = ['float32', 'f32', 'full'];
const LESSER = ['float16', 'f16', 'half', 'bfloat16', 'bf16', 'float64', 'f64'];
const KEYS = {
  p: 'params',
  params: 'params',
  c: 'compute',
  compute: 'compute',
  o: 'output',
  output: 'output',
} as const;

function parseDtype(name: string, policy: string): DataType {
  if (FULL.includes(name)) return 'float32';
  if (LESSER.includes(name)) {
    throw new TankaError(
      'dtype-unsupported',
      `The policy '${policy}' asks for ${name}, which TensorFlow.js does not compute in. Use float32.`,
    );
  }
  throw new TankaError(
    'policy-invalid',
    `The policy '${policy}' names the dtype '${name}', which is none. Write float32, f32 or full.`,
  );
}

/**
 * A policy from text as `jmp` reads it: `'params=float32,compute=float32,output=float32'`, with `p`, `c` and `o` for short, or
 * one dtype for all. Params left out are float32, compute as params, output as compute.
 *
 * @throws `policy-invalid`; `dtype-unsupported`
 */
export function parsePolicy(text: string): Policy {
  if (!text.includes('=')) {
    const dtype = parseDtype(text, text);
    return { paramDtype: dtype, computeDtype: dtype, outputDtype: dtype };
  }
  const given: Partial<Record<'params' | 'compute' | 'output', DataType>> = {};
  for (const part of text.split(',')) {
    const [key, dtype = ''] = part.split('=').map((word) => word.trim());
    if (!Object.hasOwn(KEYS, key)) {
      throw new TankaError(
        'policy-invalid',
        `The policy '${text}' has the unknown key '${key}'. Its keys are params, compute and output.`,
      );
    }
    given[KEYS[key as keyof typeof KEYS]] = parseDtype(dtype, text);
  }
  const { params = 'float32' } = given;
  const { compute = params } = given;
  return { paramDtype: params, computeDtype: compute, outputDtype: given.output ?? compute };
}

/** A nesting with its floating tensors in another dtype; everything else stays. */
export function castFloating<T>(tree: T, dtype: DataType): T {
  return mapTensors((x) => (x.dtype === 'float32' && dtype !== 'float32' ? cast(x, dtype) : x), tree) as T;
}

import { readFileSync } from 'node:fs';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';

/** A reference to an array of a golden's safetensors file. */
export interface ArrayReference {
  readonly $t: string;
  readonly shape: number[];
  readonly dtype: string;
}

/** An array of a golden as it was recorded. */
export interface GoldenArray {
  readonly shape: number[];
  readonly dtype: 'F32' | 'I32' | 'U32' | 'U8' | 'BOOL' | 'F16' | 'BF16' | 'I64' | 'F64' | 'U16' | 'I8';
  readonly bytes: Uint8Array;
}

const directory = new URL('../goldens/', import.meta.url);

/** The arrays of a safetensors file below `test/goldens`, read without the library's own reader. */
export function goldenArrays(file: string): Map<string, GoldenArray> {
  const bytes = readFileSync(new URL(file, directory));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: GoldenArray['dtype']; shape: number[]; data_offsets: [number, number] }
  >;
  const arrays = new Map<string, GoldenArray>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    // Copied, so that typed arrays over it are aligned.
    const data = new Uint8Array(
      bytes.subarray(8 + headerLength + data_offsets[0], 8 + headerLength + data_offsets[1]),
    );
    arrays.set(name, { dtype, shape, bytes: data });
  }
  return arrays;
}

/** The cases of `test/goldens/NAME.json` and the arrays they refer to. */
export function goldenCases<Case>(name: string): { cases: Case[]; arrays: Map<string, GoldenArray> } {
  const cases = JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8')) as Case[];
  return { cases, arrays: goldenArrays(`${name}.safetensors`) };
}

/** The values of a golden array; 64-bit integers as `int32`; other 8-byte and half types are not expected in goldens of tensors. */
export function goldenValues(array: GoldenArray): Float32Array | Int32Array | Uint32Array | Uint8Array {
  const { buffer } = array.bytes;
  switch (array.dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'U32':
      return new Uint32Array(buffer);
    case 'I64':
      return Int32Array.from(new BigInt64Array(buffer), Number);
    case 'U8':
    case 'BOOL':
      return array.bytes;
    default:
      throw new Error(`A golden of dtype ${array.dtype} has no typed array here.`);
  }
}

/** A tensor with the values of a golden array. */
export function goldenTensor(array: GoldenArray): Tensor {
  const dtype = array.dtype === 'F32' ? 'float32' : array.dtype === 'BOOL' ? 'bool' : 'int32';
  const values = goldenValues(array);
  return tensor(dtype === 'int32' ? Int32Array.from(values) : values, array.shape, dtype);
}

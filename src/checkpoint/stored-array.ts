import { getBackend, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half.js';

/** Types of stored numbers, by their names in safetensors, with their sizes in bytes. */
export const storedSizes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

/** A type of stored numbers. */
export type StoredDtype = keyof typeof storedSizes;

/** The types that can be written. */
export type WrittenDtype = 'F32' | 'F16' | 'BF16' | 'I32' | 'U8' | 'BOOL';

/** An array as a file holds it: little-endian, last axis fastest. */
export interface StoredArray {
  readonly key: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Numbers as a tensor has them. */
export type Values = Float32Array | Int32Array | Uint8Array;

/** The bytes as a typed array, without a copy where their address allows. */
function view<T>(
  Type: {
    new (buffer: ArrayBufferLike, offset: number, length: number): T;
    readonly BYTES_PER_ELEMENT: number;
  },
  bytes: Uint8Array,
): T {
  const size = Type.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new Type(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

function outOfRange(array: StoredArray, value: string | number, target: string): TankaError {
  return new TankaError(
    'checkpoint-value-range',
    `'${array.key}' is stored as ${array.dtype} and has the value ${value}, which does not fit ${target}. ` +
      'Save it in a smaller type, or leave it out with a filter on names.',
  );
}

/** 8-byte integers as 4-byte ones: the upper word must be the sign of the lower. */
function narrowIntegers(array: StoredArray): Int32Array {
  const words = view(Int32Array, array.bytes);
  const out = new Int32Array(words.length / 2);
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i];
    const high = words[2 * i + 1];
    if (high !== (array.dtype === 'I64' ? low >> 31 : 0) || (array.dtype === 'U64' && low < 0)) {
      const value = (BigInt(high) << 32n) | BigInt(low >>> 0);
      throw outOfRange(array, String(array.dtype === 'I64' ? value : BigInt.asUintN(64, value)), 'int32');
    }
    out[i] = low;
  }
  return out;
}

function narrowFloats(array: StoredArray): Float32Array {
  const doubles = view(Float64Array, array.bytes);
  const out = new Float32Array(doubles.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = doubles[i];
    if (!Number.isFinite(out[i]) && Number.isFinite(doubles[i]))
      throw outOfRange(array, doubles[i], 'float32');
  }
  return out;
}

function checked(
  array: StoredArray,
  values: Uint8Array | Uint32Array,
  largest: number,
  target: string,
): void {
  const wrong = values.find((value) => value > largest);
  if (wrong !== undefined) throw outOfRange(array, wrong, target);
}

/** The numbers of a stored array in the type that a tensor has for them; views the bytes where it can. */
function decode(array: StoredArray): { dtype: 'float32' | 'int32' | 'bool'; values: Values } {
  const { bytes } = array;
  switch (array.dtype) {
    case 'F32':
      return { dtype: 'float32', values: view(Float32Array, bytes) };
    case 'F16':
      return { dtype: 'float32', values: fromFloat16(view(Uint16Array, bytes)) };
    case 'BF16':
      return { dtype: 'float32', values: fromBfloat16(view(Uint16Array, bytes)) };
    case 'F64':
      return { dtype: 'float32', values: narrowFloats(array) };
    case 'I32':
      return { dtype: 'int32', values: view(Int32Array, bytes) };
    case 'I64':
    case 'U64':
      return { dtype: 'int32', values: narrowIntegers(array) };
    case 'U32': {
      const values = view(Uint32Array, bytes);
      checked(array, values, 0x7fffffff, 'int32');
      return { dtype: 'int32', values: Int32Array.from(values) };
    }
    case 'I16':
      return { dtype: 'int32', values: Int32Array.from(view(Int16Array, bytes)) };
    case 'U16':
      return { dtype: 'int32', values: Int32Array.from(view(Uint16Array, bytes)) };
    case 'I8':
      return { dtype: 'int32', values: Int32Array.from(view(Int8Array, bytes)) };
    case 'U8':
      return { dtype: 'int32', values: Int32Array.from(bytes) };
    case 'BOOL':
      checked(array, bytes, 1, 'bool');
      return { dtype: 'bool', values: bytes };
  }
}

/** A tensor of the array's values: float32 for floats, int32 for integers, bool for BOOL. */
export function toTensor(array: StoredArray): Tensor {
  const { dtype, values } = decode(array);
  // The WASM backend copies what it is given; others keep it, and would see later changes of the file's bytes.
  const owned = getBackend() === 'wasm' || values.buffer !== array.bytes.buffer ? values : values.slice();
  return tensor(owned, [...array.shape], dtype);
}

/** The stored type of a tensor's own; tensors of other types are not stored. */
export const dtypeOf: Readonly<Partial<Record<string, WrittenDtype>>> = {
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
};

/** The bytes of numbers, not copied. */
export function bytesOf(values: Values | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/**
 * A tensor's values as bytes, in the tensor's own type or in `dtype`.
 *
 * @throws `checkpoint-leaf-invalid` when the tensor's type cannot be stored so, `checkpoint-value-range` when a value does not fit
 */
export function fromTensor(key: string, leaf: Tensor, dtype?: WrittenDtype): StoredArray {
  const own = dtypeOf[leaf.dtype];
  const stored = dtype ?? own;
  const fits =
    own !== undefined &&
    (stored === own ||
      (own === 'F32' && (stored === 'F16' || stored === 'BF16')) ||
      (own === 'I32' && stored === 'U8') ||
      (own === 'BOOL' && stored === 'U8'));
  if (!fits) {
    throw new TankaError(
      'checkpoint-leaf-invalid',
      `'${key}' is a ${leaf.dtype} tensor, which cannot be stored as ${stored ?? 'anything'}. ` +
        'float32 is stored as F32, F16 or BF16, int32 as I32 or U8, bool as BOOL or U8; cast it first with tf.cast.',
    );
  }
  const values = leaf.dataSync<'float32'>() as Values;
  const array = { key, dtype: stored, shape: leaf.shape };
  if (stored === 'F16') return { ...array, bytes: bytesOf(toFloat16(values as Float32Array)) };
  if (stored === 'BF16') return { ...array, bytes: bytesOf(toBfloat16(values as Float32Array)) };
  if (stored === 'U8' && own === 'I32') {
    const wrong = values.find((value) => value < 0 || value > 255);
    if (wrong !== undefined) throw outOfRange({ ...array, bytes: new Uint8Array() }, wrong, 'U8');
    return { ...array, bytes: Uint8Array.from(values) };
  }
  return { ...array, bytes: bytesOf(values) };
}

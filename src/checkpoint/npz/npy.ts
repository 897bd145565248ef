import { TankaError } from '../../errors/tanka-error.js';
import { storedSizes, type StoredArray, type StoredDtype } from '../stored-array.js';
import { parseNpyHeader } from './npy-header.js';

/** NumPy's names of types, without the byte order. */
const dtypes: Readonly<Record<string, StoredDtype>> = {
  f8: 'F64',
  f4: 'F32',
  f2: 'F16',
  i8: 'I64',
  i4: 'I32',
  i2: 'I16',
  i1: 'I8',
  u8: 'U64',
  u4: 'U32',
  u2: 'U16',
  u1: 'U8',
  b1: 'BOOL',
};

const descriptions: Partial<Record<StoredDtype, string>> = {
  F32: '<f4',
  F16: '<f2',
  I32: '<i4',
  U8: '|u1',
  BOOL: '|b1',
};

function swapBytes(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i += size) {
    for (let k = 0; k < size; k++) out[i + k] = bytes[i + size - 1 - k];
  }
  return out;
}

/** Values whose first axis is fastest, rearranged so that the last is. */
function fromFortran(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const index = new Array<number>(shape.length).fill(0);
  const strides: number[] = [];
  shape.reduce((stride, length) => (strides.push(stride), stride * length), size);
  for (let to = 0; to < bytes.length; to += size) {
    const from = index.reduce((offset, i, axis) => offset + i * strides[axis], 0);
    for (let k = 0; k < size; k++) out[to + k] = bytes[from + k];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

/**
 * The array of a `.npy` file, versions 1 to 3.
 *
 * @param key what the array is to be called
 * @throws `checkpoint-corrupt`; `checkpoint-dtype-unsupported` for Python objects, strings, complex numbers and records
 */
export function readNpy(key: string, bytes: Uint8Array): StoredArray {
  const { description, isFortran, shape, dataStart } = parseNpyHeader(key, bytes);
  const dtype = Object.hasOwn(dtypes, description.slice(1)) ? dtypes[description.slice(1)] : undefined;
  if (dtype === undefined || !'<>|='.includes(description.charAt(0))) {
    throw new TankaError(
      'checkpoint-dtype-unsupported',
      `'${key}' is stored as NumPy's '${description}'. Readable are ${Object.keys(dtypes).join(', ')}; convert it with astype before saving.`,
    );
  }
  const size = storedSizes[dtype];
  const elements = shape.reduce((product, length) => product * length, 1);
  const data = bytes.subarray(dataStart);
  if (!Number.isSafeInteger(elements) || data.byteLength !== elements * size) {
    throw new TankaError(
      'checkpoint-corrupt',
      `'${key}' of ${dtype} [${shape.join(', ')}] needs ${elements * size} bytes but ${data.byteLength} follow its header. Save the file again.`,
    );
  }
  const little = description.startsWith('>') && size > 1 ? swapBytes(data, size) : data;
  return {
    key,
    dtype,
    shape,
    bytes: isFortran && shape.length > 1 ? fromFortran(little, shape, size) : little,
  };
}

/** The bytes of a `.npy` file, the same that NumPy writes. */
export function writeNpy({ key, dtype, shape, bytes }: StoredArray): Uint8Array {
  const description = descriptions[dtype];
  if (description === undefined) {
    throw new TankaError(
      'checkpoint-leaf-invalid',
      `'${key}' cannot be stored as ${dtype} in an npy file, which has no such type. Use F16, or a safetensors file.`,
    );
  }
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${description}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // NumPy leaves room for the first axis to grow in place, and aligns the data to 64 bytes.
  const room = shape.length > 0 ? 21 - String(shape[0]).length : 0;
  const length = Math.ceil((10 + text.length + room + 1) / 64) * 64 - 10;
  const out = new Uint8Array(10 + length + bytes.byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  out.set(new TextEncoder().encode(text.padEnd(length - 1) + '\n'), 10);
  out.set(bytes, 10 + length);
  return out;
}

import { getBackend, tensor, type DataType, type Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { TankaError } from '../errors/tanka-error.js';

/** A tensor on its way. */
interface SentTensor {
  readonly [TENSOR]: DataType;
  readonly shape: number[];
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** No name that people give to their own fields. */
const TENSOR = '\u0000tensor';

const moving = new WeakSet<object>();

/**
 * Marks an array to be moved to the other side instead of copied: afterwards this side sees it empty. Tensors need no mark: their values are read from
 * the memory of the backend once, and that array moves.
 *
 * @param array whose whole `buffer` moves
 * @returns `array`
 */
export function transfer<A extends ArrayBuffer | ArrayBufferView>(array: A): A {
  moving.add(array);
  return array;
}

/** What can be posted, and what of it moves. */
export interface Parcel {
  readonly value: unknown;
  readonly transfer: never[];
}

/**
 * @param what the value, for the message
 * @throws `worker-value-invalid` for functions, symbols and tensors without numbers
 */
export function pack(value: unknown, what: string): Parcel {
  const transfer = new Set<ArrayBufferLike>();
  const visit = (node: unknown, path: string): unknown => {
    if (typeof node === 'function' || typeof node === 'symbol') {
      throw invalid(
        `${path} is a ${typeof node}`,
        'Make it in the worker, in the function that is passed to serve.',
      );
    }
    if (typeof node !== 'object' || node === null) return node;
    if (isTensor(node)) return packTensor(node, path, transfer);
    if (ArrayBuffer.isView(node) || node instanceof ArrayBuffer) {
      if (moving.has(node)) transfer.add(ArrayBuffer.isView(node) ? node.buffer : node);
      return node;
    }
    if (Array.isArray(node)) return node.map((child, i) => visit(child, `${path}[${i}]`));
    if (!isPlain(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, child]) => [key, visit(child, `${path}.${key}`)]),
    );
  };
  return { value: visit(value, what), transfer: [...transfer] as never[] };
}

function packTensor(node: Tensor, path: string, transfer: Set<ArrayBufferLike>): SentTensor {
  if (node.dtype !== 'float32' && node.dtype !== 'int32' && node.dtype !== 'bool') {
    throw invalid(`${path} is a tensor of ${node.dtype}`, 'Send tensors of float32, int32 or bool.');
  }
  const read = node.dataSync<'float32' | 'int32' | 'bool'>();
  // The WASM backend gives an array of its own; others give the tensor's memory.
  const values = getBackend() === 'wasm' ? read : read.slice();
  transfer.add(values.buffer);
  return { [TENSOR]: node.dtype, shape: node.shape, values };
}

/** The values again, with new tensors, which `made` lists. */
export function unpack(value: unknown, made: Tensor[] = []): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((child) => unpack(child, made));
  if (!isPlain(value)) return value;
  if (TENSOR in value) {
    const { values, shape, [TENSOR]: dtype } = value as SentTensor;
    const result = tensor(values, shape, dtype);
    made.push(result);
    return result;
  }
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unpack(child, made)]));
}

function isPlain(node: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
}

function invalid(what: string, instead: string): TankaError {
  return new TankaError(
    'worker-value-invalid',
    `${what}, which cannot be sent to or from a worker. ${instead}`,
  );
}

/** Posts, with the clone's refusal as an error of ours. */
export function refusedBy(cause: unknown, what: string): TankaError {
  return new TankaError(
    'worker-value-invalid',
    `${what} holds a value that cannot be sent to or from a worker: ${String(cause)}. Send tensors, typed arrays and plain values.`,
    { cause },
  );
}

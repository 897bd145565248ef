import { isTensor } from './engine.js';

/** How an error message calls a value: `float32[2,3]`, `Array of length 3`, `an object with keys [w, b]`, `0.5 (number)`. */
export function whatIs(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isTensor(value)) return `${value.dtype}[${String(value.shape)}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    return `an object with keys [${Object.keys(value).join(', ')}]`;
  }
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    return `${value.constructor.name} of length ${(value as ArrayLike<unknown>).length}`;
  }
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' ? `a ${value.constructor.name}` : `${String(value)} (${typeof value})`;
}

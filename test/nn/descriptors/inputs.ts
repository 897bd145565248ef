import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { InputSpec } from './descriptor.js';

/** The tensor that a specification describes; inputs at different places differ. */
export function makeInput({ shape, kind = 'normal', high = 2 }: InputSpec, index: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const wave = (i: number): number => Math.sin(1.3 + 0.7 * index + i * (1.7 + 0.3 * index) + 0.01 * i * i);
  const values = Float32Array.from({ length: size }, (_, i) => wave(i));
  switch (kind) {
    case 'normal':
      return tensor(
        values.map((v) => 1.6 * v),
        [...shape],
      );
    case 'int':
      return tensor(
        Int32Array.from(values, (v) => Math.floor(((v + 1) / 2) * high * 0.9999)),
        [...shape],
        'int32',
      );
    case 'bool':
      return tensor(
        Uint8Array.from(values, (v) => (v > -0.3 ? 1 : 0)),
        [...shape],
        'bool',
      );
  }
}

/** The tensors of a list of specifications. */
export function makeInputs(specs: readonly InputSpec[]): Tensor[] {
  return specs.map(makeInput);
}

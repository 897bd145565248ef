import type { RandomOperation } from '../backend/recordable.js';
import { drawWords } from './draw.js';
import type { PRNGKey } from './key.js';
import { checkShape, perform, refuseArgument, sizeOf, type WithScheme } from './perform.js';

/** Options of {@link bits}. */
export interface BitsOptions<Bits extends 8 | 16 | 32 = 8 | 16 | 32> {
  /** Width of each number. Default 32. */
  readonly bits?: Bits;
}

/** The typed array of a width of bits. */
export type BitsArray<Bits extends 8 | 16 | 32> = {
  8: Uint8Array;
  16: Uint16Array;
  32: Uint32Array;
}[Bits];

const operation: RandomOperation<
  { readonly count: number; readonly bits: 8 | 16 | 32 } & WithScheme,
  BitsArray<8 | 16 | 32>
> = {
  name: 'bits',
  run({ keys: [key], attributes: { count, bits, scheme } }) {
    if (bits === 32) return drawWords(key, count, scheme);
    const narrow = bits === 8 ? new Uint8Array(count) : new Uint16Array(count);
    if (scheme === 'partitionable') {
      narrow.set(drawWords(key, count, scheme));
      return narrow;
    }
    const perWord = 32 / bits;
    const words = drawWords(key, Math.ceil(count / perWord), scheme);
    for (let i = 0; i < count; i++) narrow[i] = words[Math.floor(i / perWord)] >>> (bits * (i % perWord));
    return narrow;
  },
};

/**
 * Uniformly random unsigned integers, as `jax.random.bits`, in a flat typed array of row-major order.
 *
 * @throws `key-invalid`; `random-shape-invalid`; `random-argument-invalid` for a width other than 8, 16 or 32.
 */
export function bits<Bits extends 8 | 16 | 32 = 32>(
  key: PRNGKey,
  shape: readonly number[] = [],
  options: BitsOptions<Bits> = {},
): BitsArray<Bits> {
  const width: number = options.bits ?? 32;
  if (width !== 8 && width !== 16 && width !== 32) {
    refuseArgument('bits', `the width must be 8, 16 or 32 bits, but is ${String(width)}.`);
  }
  const count = sizeOf(checkShape('bits', shape));
  return perform(operation, key, { count, bits: width }) as BitsArray<Bits>;
}

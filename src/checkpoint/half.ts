// One pair of views for all conversions: a float and its bits.
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of the IEEE 754 half nearest to a float, ties to even; NaN stays NaN, too large becomes infinite. */
function halfBits(value: number): number {
  float[0] = value;
  const x = bits[0];
  const sign = (x >>> 16) & 0x8000;
  const magnitude = x & 0x7fffffff;
  // NaN keeps the upper bits of its payload, and stays NaN when those are zero.
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  // From halfway between 65504 and 65536 on, rounding gives infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  // Subnormal halves are the multiples of 2⁻²⁴.
  const scaled = Math.abs(value) * 0x1000000;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
}

let table: Float32Array | undefined;

/** The 65,536 values of halves by their bits; made when first needed. */
function halfTable(): Float32Array {
  if (table === undefined) {
    const made = new Float32Array(0x10000);
    const madeBits = new Uint32Array(made.buffer);
    for (let h = 0; h < 0x10000; h++) {
      const sign = (h & 0x8000) << 16;
      const exponent = (h >>> 10) & 31;
      const fraction = h & 0x3ff;
      if (exponent === 31) madeBits[h] = sign | 0x7f800000 | (fraction << 13);
      else if (exponent > 0) madeBits[h] = sign | ((exponent + 112) << 23) | (fraction << 13);
      else {
        made[h] = fraction / 0x1000000;
        madeBits[h] |= sign;
      }
    }
    table = made;
  }
  return table;
}

/** IEEE 754 halves as floats; exact. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  // Through the bits, because a float copy may quieten a signalling NaN.
  const values = new Uint32Array(halfTable().buffer);
  const out = new Uint32Array(halves.length);
  for (let i = 0; i < out.length; i++) out[i] = values[halves[i]];
  return new Float32Array(out.buffer);
}

/** Floats as the nearest IEEE 754 halves, ties to even. */
export function toFloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = halfBits(values[i]);
  return out;
}

/** bfloat16 values, the upper halves of floats, as floats; exact. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  const out = new Uint32Array(halves.length);
  for (let i = 0; i < out.length; i++) out[i] = halves[i] << 16;
  return new Float32Array(out.buffer);
}

/** Floats as the nearest bfloat16, ties to even. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const x = from[i];
    const isNaN = (x & 0x7fffffff) > 0x7f800000;
    out[i] = isNaN ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return out;
}

import { expect } from 'chai';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../src/checkpoint/half.js';
import { expectBits } from '../support/compare.js';
import { goldenArrays } from '../support/goldens.js';

describe('halves', () => {
  const arrays = goldenArrays('checkpoint/halves.safetensors');
  const bytes = (key: string) => arrays.get(key)!.bytes.buffer as ArrayBuffer;
  const floats = new Float32Array(bytes('f32'));
  const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i);

  it('round as NumPy does', () => {
    expectBits(Int32Array.from(toFloat16(floats)), Int32Array.from(new Uint16Array(bytes('f16'))), 'F16');
  });

  it('round to bfloat16 as ml_dtypes does', () => {
    expectBits(Int32Array.from(toBfloat16(floats)), Int32Array.from(new Uint16Array(bytes('bf16'))), 'BF16');
  });

  it('have the values of their definition, all 65,536', () => {
    const values = fromFloat16(all);
    for (const h of all) {
      const exponent = (h >> 10) & 31;
      const fraction = h & 1023;
      const magnitude =
        exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : exponent === 0
            ? fraction * 2 ** -24
            : (1 + fraction / 1024) * 2 ** (exponent - 15);
      const expected = h & 0x8000 ? -magnitude : magnitude;
      if (!Object.is(values[h], expected)) expect.fail(`${h}: ${values[h]} is not ${expected}`);
    }
  });

  it('come back as they were, all 65,536', () => {
    const isNaN16 = (h: number) => (h & 0x7fff) > 0x7c00;
    const isNaNB = (h: number) => (h & 0x7fff) > 0x7f80;
    const halves = toFloat16(fromFloat16(all));
    const bfloats = toBfloat16(fromBfloat16(all));
    for (const h of all) {
      if (isNaN16(h) ? !isNaN16(halves[h]) : halves[h] !== h) expect.fail(`F16 ${h} became ${halves[h]}`);
      if (isNaNB(h) ? !isNaNB(bfloats[h]) : bfloats[h] !== h) expect.fail(`BF16 ${h} became ${bfloats[h]}`);
    }
  });
});

import { expect } from 'chai';
import { coefficients } from '../../src/random/float32.js';

const bits = (...words: number[]): number[] => [...new Float32Array(Uint32Array.from(words).buffer)];
const rounded = (...numbers: number[]): number[] => [...Float32Array.from(numbers)];

describe('the coefficients of the elementary functions', () => {
  it('are those of XLA, in the order that the functions read them', () => {
    expect([...coefficients]).to.deep.equal([
      // Logarithm: three polynomials.
      ...bits(0x3d9021bb, 0xbdebd1b8, 0x3def251a),
      ...bits(0xbdfe5d4f, 0x3e11e9bf, 0xbe2aae50),
      ...bits(0x3e4cceac, 0xbe7ffffc, 0x3eaaaaaa),
      // log1p: denominator and numerator.
      ...bits(0x3f800000, 0x417101ad, 0x42a6185b, 0x435dc32d, 0x439a8ca3, 0x43586d8a, 0x42707982),
      ...rounded(4.527e-5),
      ...bits(0x3eff40c5, 0x40d284fa, 0x41ef4b9c, 0x4273cc76, 0x426473ad, 0x41a05101),
      // Inverse error function: in the middle and in the tails.
      ...rounded(2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087),
      ...rounded(-0.00125372503, -0.00417768164, 0.246640727, 1.50140941),
      ...rounded(-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773),
      ...rounded(-0.0076224613, 0.00943887047, 1.00167406, 2.83297682),
      // Error function: numerator and denominator.
      ...rounded(0.00022905065, 0.003408291, 0.050955694, 0.18520832, 1.1283791),
      ...rounded(-1.1791603e-7, 2.3547966e-5, 0.0010179626, 0.01407047, 0.11098505, 0.49746925, 1),
      // ln 2 in two parts, √½, and where log1p and the error function change.
      ...bits(0xb95e8083, 0x3f318000, 0x3f3504f3, 0x3ed413cd),
      ...rounded(3.832506856900711),
    ]);
  });
});

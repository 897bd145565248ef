/** `n` reproducible values in [-1, 1), a different sequence for each seed. */
export function values(n: number, seed: number): Float32Array {
  const out = new Float32Array(n);
  let state = (seed * 2654435761) >>> 0;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // The low bits of this generator repeat early.
    out[i] = (state >>> 8) / 2 ** 23 - 1;
  }
  return out;
}

// The elementwise parts of recurrent cells, between their matrix products. Gates lie side by side in each row.
import { fma, loadPartial, storePartial } from './lanes';
import { expm1OfMinusTwice, quotient, rest, rounded, sigmoid, tanh } from './math';

/** `e^-x`; of 87 at most, so that products of two of them times 2 stay finite. */
// @ts-ignore: decorator
@inline
function expOfMinus(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(f32x4.neg(x), f32x4.splat(87)), f32x4.splat(-87));
  const z = rounded(x);
  const scale = i32x4.shl(z, 23);
  const r = rest(x, z);
  return fma(f32x4.mul(r, scale), quotient(r), scale);
}

/** `-|m|`, with the sign of `x` turned round: `tanh(x) = -m / (2 + m)` of `m = e^-2|x| - 1`, for a positive `x`. */
// @ts-ignore: decorator
@inline
function withSign(m: v128, x: v128): v128 {
  return v128.xor(m, v128.andnot(i32x4.splat(0x80000000), x));
}

/** `nextCell` from three gates and the old cell, `width` entries; all four when that is 4. */
// @ts-ignore: decorator
@inline
function cellOf(gates: usize, gate: usize, cell: usize, bias: v128, next: usize, width: i32): void {
  const one = f32x4.splat(1);
  const g = loadPartial(gates + gate, width);
  const m = expm1OfMinusTwice(g);
  const i = f32x4.add(one, expOfMinus(loadPartial(gates, width)));
  const f = f32x4.add(one, expOfMinus(f32x4.add(loadPartial(gates + 2 * gate, width), bias)));
  const added = f32x4.div(withSign(m, g), f32x4.mul(i, f32x4.add(f32x4.splat(2), m)));
  storePartial(next, f32x4.add(f32x4.div(loadPartial(cell, width), f), added), width);
}

/** `nextHidden` from the output gate and the new cell. */
// @ts-ignore: decorator
@inline
function hiddenOf(gate: usize, cell: usize, next: usize, width: i32): void {
  const c = loadPartial(cell, width);
  const m = expm1OfMinusTwice(c);
  const o = f32x4.add(f32x4.splat(1), expOfMinus(loadPartial(gate, width)));
  storePartial(next, f32x4.div(withSign(m, c), f32x4.mul(o, f32x4.add(f32x4.splat(2), m))), width);
}

/**
 * LSTM with Haiku's order of gates, `gates[batch, 4 * hidden]` = input, candidate, forget, output before their
 * activations; `forgetBias` is added to the forget gate. `nextCell` may be `cell`.
 *
 * Two short loops: processors look ahead about as far as one step of both together, whose exponentials then wait for each other.
 */
export function lstmCell(
  batch: i32, hidden: i32, gates: usize, cell: usize, forgetBias: f32, nextCell: usize, nextHidden: usize,
): void {
  const gate = <usize>hidden << 2;
  const full = <usize>(hidden & ~3) << 2;
  const left = hidden & 3;
  const bias = f32x4.splat(forgetBias);
  for (let b = 0; b < batch; b++, gates += 4 * gate, cell += gate, nextCell += gate, nextHidden += gate) {
    for (let at: usize = 0; at < full; at += 16) cellOf(gates + at, gate, cell + at, bias, nextCell + at, 4);
    if (left) cellOf(gates + full, gate, cell + full, bias, nextCell + full, left);
    const output = gates + 3 * gate;
    for (let at: usize = 0; at < full; at += 16) hiddenOf(output + at, nextCell + at, nextHidden + at, 4);
    if (left) hiddenOf(output + full, nextCell + full, nextHidden + full, left);
  }
}

/**
 * Its gradient: from those of the new cell and of the new hidden state to those of the gates (before their activations)
 * and of the old cell. The activations are computed again rather than kept. `dGates` may be `gates`, `dCell` may be `dNextCell`.
 */
export function lstmCellGradient(
  batch: i32, hidden: i32, gates: usize, cell: usize, forgetBias: f32, dNextCell: usize, dNextHidden: usize,
  dGates: usize, dCell: usize,
): void {
  const gate = <usize>hidden << 2;
  const bias = f32x4.splat(forgetBias), one = f32x4.splat(1);
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < hidden; j += 4) {
      const at = <usize>j << 2, left = hidden - j;
      const i = sigmoid(loadPartial(gates + at, left));
      const g = tanh(loadPartial(gates + gate + at, left));
      const f = sigmoid(f32x4.add(loadPartial(gates + 2 * gate + at, left), bias));
      const o = sigmoid(loadPartial(gates + 3 * gate + at, left));
      const old = loadPartial(cell + at, left);
      const t = tanh(fma(f, old, f32x4.mul(i, g)));
      const dh = loadPartial(dNextHidden + at, left);
      const dc = f32x4.add(
        loadPartial(dNextCell + at, left),
        f32x4.mul(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(t, t))),
      );
      storePartial(dGates + at, f32x4.mul(f32x4.mul(dc, g), f32x4.mul(i, f32x4.sub(one, i))), left);
      storePartial(dGates + gate + at, f32x4.mul(f32x4.mul(dc, i), f32x4.sub(one, f32x4.mul(g, g))), left);
      storePartial(dGates + 2 * gate + at, f32x4.mul(f32x4.mul(dc, old), f32x4.mul(f, f32x4.sub(one, f))), left);
      storePartial(dGates + 3 * gate + at, f32x4.mul(f32x4.mul(dh, t), f32x4.mul(o, f32x4.sub(one, o))), left);
      storePartial(dCell + at, f32x4.mul(dc, f), left);
    }
    gates += 4 * gate;
    dGates += 4 * gate;
    cell += gate;
    dNextCell += gate;
    dNextHidden += gate;
    dCell += gate;
  }
}

// @ts-ignore: decorator
@inline
function gatesOf(gates: usize, gate: usize, state: usize, update: usize, resetState: usize, width: i32): void {
  storePartial(update, sigmoid(loadPartial(gates, width)), width);
  storePartial(resetState, f32x4.mul(sigmoid(loadPartial(gates + gate, width)), loadPartial(state, width)), width);
}

/**
 * First half of a GRU: from `gates[batch, 2 * hidden]` = update, reset before their activations, the update gate, and
 * the hidden state times the reset gate, which the candidate's product takes.
 */
export function gruGates(batch: i32, hidden: i32, gates: usize, state: usize, update: usize, resetState: usize): void {
  const gate = <usize>hidden << 2;
  const full = <usize>(hidden & ~3) << 2;
  const left = hidden & 3;
  for (let b = 0; b < batch; b++, gates += 2 * gate, state += gate, update += gate, resetState += gate) {
    for (let at: usize = 0; at < full; at += 16) gatesOf(gates + at, gate, state + at, update + at, resetState + at, 4);
    if (left) gatesOf(gates + full, gate, state + full, update + full, resetState + full, left);
  }
}

// @ts-ignore: decorator
@inline
function stateOf(update: usize, candidate: usize, state: usize, next: usize, width: i32): void {
  const h = loadPartial(state, width);
  const a = tanh(loadPartial(candidate, width));
  storePartial(next, fma(loadPartial(update, width), f32x4.sub(a, h), h), width);
}

/** Second half: `next = (1 - update) * state + update * tanh(candidate)`, `n` entries; `next` may be `state`. */
export function gruState(n: i32, update: usize, candidate: usize, state: usize, next: usize): void {
  const full = <usize>(n & ~3) << 2;
  for (let at: usize = 0; at < full; at += 16) stateOf(update + at, candidate + at, state + at, next + at, 4);
  if (n & 3) stateOf(update + full, candidate + full, state + full, next + full, n & 3);
}

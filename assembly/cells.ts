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

// @ts-ignore: decorator
@inline
function openness(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), expOfMinus(x)));
}

/** One vector of {@link lstmCellKept} up to the new cell. */
// @ts-ignore: decorator
@inline
function keptCellOf(
  gates: usize, gate: usize, cell: usize, bias: v128, next: usize, input: usize, candidate: usize, forget: usize, width: i32,
): void {
  const i = openness(loadPartial(gates, width)), g = tanh(loadPartial(gates + gate, width));
  const f = openness(f32x4.add(loadPartial(gates + 2 * gate, width), bias));
  storePartial(input, i, width);
  storePartial(candidate, g, width);
  storePartial(forget, f, width);
  storePartial(next, fma(f, loadPartial(cell, width), f32x4.mul(i, g)), width);
}

/** … and the hidden state. */
// @ts-ignore: decorator
@inline
function keptHiddenOf(gate: usize, cell: usize, next: usize, output: usize, curved: usize, width: i32): void {
  const o = openness(loadPartial(gate, width)), t = tanh(loadPartial(cell, width));
  storePartial(output, o, width);
  storePartial(curved, t, width);
  storePartial(next, f32x4.mul(o, t), width);
}

/**
 * {@link lstmCell} that keeps what its gradient needs: the activations of its four gates and the `tanh` of the new cell, `curved`, each
 * `[batch, hidden]`.
 */
export function lstmCellKept(
  batch: i32, hidden: i32, gates: usize, cell: usize, forgetBias: f32, nextCell: usize, nextHidden: usize,
  input: usize, candidate: usize, forget: usize, output: usize, curved: usize,
): void {
  const gate = <usize>hidden << 2;
  const full = <usize>(hidden & ~3) << 2;
  const left = hidden & 3;
  const bias = f32x4.splat(forgetBias);
  const end = <usize>batch * gate;
  for (let row: usize = 0; row < end; row += gate, gates += 4 * gate) {
    let at = row, from = gates;
    for (const stop = row + full; at < stop; at += 16, from += 16) {
      keptCellOf(from, gate, cell + at, bias, nextCell + at, input + at, candidate + at, forget + at, 4);
    }
    if (left) keptCellOf(from, gate, cell + at, bias, nextCell + at, input + at, candidate + at, forget + at, left);
    at = row;
    from = gates + 3 * gate;
    for (const stop = row + full; at < stop; at += 16, from += 16) {
      keptHiddenOf(from, nextCell + at, nextHidden + at, output + at, curved + at, 4);
    }
    if (left) keptHiddenOf(from, nextCell + at, nextHidden + at, output + at, curved + at, left);
  }
}

/** The gradient of a gate before its sigmoid, of one behind it. */
// @ts-ignore: decorator
@inline
function closed(gate: v128, gradient: v128): v128 {
  return f32x4.mul(gradient, f32x4.mul(gate, f32x4.sub(f32x4.splat(1), gate)));
}

/** `x (1 - y²)`. */
// @ts-ignore: decorator
@inline
function flattened(y: v128, x: v128): v128 {
  return f32x4.mul(x, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
}

// @ts-ignore: decorator
@inline
function gradientsOf(
  input: usize, candidate: usize, forget: usize, output: usize, curved: usize, cell: usize, dNextCell: usize, dNextHidden: usize,
  dGates: usize, gate: usize, dCell: usize, width: i32,
): void {
  const i = loadPartial(input, width), g = loadPartial(candidate, width), f = loadPartial(forget, width);
  const o = loadPartial(output, width), t = loadPartial(curved, width), dh = loadPartial(dNextHidden, width);
  let dc = flattened(t, f32x4.mul(dh, o));
  if (dNextCell) dc = f32x4.add(dc, loadPartial(dNextCell, width));
  storePartial(dGates, closed(i, f32x4.mul(dc, g)), width);
  storePartial(dGates + gate, flattened(g, f32x4.mul(dc, i)), width);
  storePartial(dGates + 2 * gate, closed(f, f32x4.mul(dc, loadPartial(cell, width))), width);
  storePartial(dGates + 3 * gate, closed(o, f32x4.mul(dh, t)), width);
  storePartial(dCell, f32x4.mul(dc, f), width);
}

/**
 * The gradient of {@link lstmCellKept}: from those of the new cell (0 for none) and of the new hidden state to those of the gates, before
 * their activations, and of the old cell. `dCell` may be `dNextCell`.
 */
export function lstmCellGradient(
  batch: i32, hidden: i32, input: usize, candidate: usize, forget: usize, output: usize, curved: usize, cell: usize,
  dNextCell: usize, dNextHidden: usize, dGates: usize, dCell: usize,
): void {
  const gate = <usize>hidden << 2;
  const full = <usize>(hidden & ~3) << 2;
  const left = hidden & 3;
  const end = <usize>batch * gate;
  for (let row: usize = 0; row < end; row += gate, dGates += 4 * gate) {
    let at = row, to = dGates;
    for (const stop = row + full; at < stop; at += 16, to += 16) {
      gradientsOf(
        input + at, candidate + at, forget + at, output + at, curved + at, cell + at, dNextCell ? dNextCell + at : 0, dNextHidden + at,
        to, gate, dCell + at, 4,
      );
    }
    if (left) {
      gradientsOf(
        input + at, candidate + at, forget + at, output + at, curved + at, cell + at, dNextCell ? dNextCell + at : 0, dNextHidden + at,
        to, gate, dCell + at, left,
      );
    }
  }
}

// @ts-ignore: decorator
@inline
function gatesOf(gates: usize, gate: usize, state: usize, update: usize, reset: usize, resetState: usize, width: i32): void {
  storePartial(update, sigmoid(loadPartial(gates, width)), width);
  const r = sigmoid(loadPartial(gates + gate, width));
  storePartial(reset, r, width);
  storePartial(resetState, f32x4.mul(r, loadPartial(state, width)), width);
}

/**
 * First half of a GRU: from `gates[batch, 2 * hidden]` = update, reset before their activations, both gates, and the hidden state times the reset
 * gate, which the candidate's product takes.
 */
export function gruGates(batch: i32, hidden: i32, gates: usize, state: usize, update: usize, reset: usize, resetState: usize): void {
  const gate = <usize>hidden << 2;
  const full = <usize>(hidden & ~3) << 2;
  const left = hidden & 3;
  for (let b = 0; b < batch; b++, gates += 2 * gate, state += gate, update += gate, reset += gate, resetState += gate) {
    for (let at: usize = 0; at < full; at += 16) gatesOf(gates + at, gate, state + at, update + at, reset + at, resetState + at, 4);
    if (left) gatesOf(gates + full, gate, state + full, update + full, reset + full, resetState + full, left);
  }
}

// @ts-ignore: decorator
@inline
function stateOf(update: usize, candidate: usize, state: usize, next: usize, width: i32): void {
  const h = loadPartial(state, width);
  const a = tanh(loadPartial(candidate, width));
  storePartial(candidate, a, width);
  storePartial(next, fma(loadPartial(update, width), f32x4.sub(a, h), h), width);
}

/** Second half: `next = (1 - update) * state + update * tanh(candidate)`, `n` entries; `next` may be `state`. The `tanh` stays in `candidate`. */
export function gruState(n: i32, update: usize, candidate: usize, state: usize, next: usize): void {
  const full = <usize>(n & ~3) << 2;
  for (let at: usize = 0; at < full; at += 16) stateOf(update + at, candidate + at, state + at, next + at, 4);
  if (n & 3) stateOf(update + full, candidate + full, state + full, next + full, n & 3);
}

// @ts-ignore: decorator
@inline
function gruGradientsOf(
  update: usize, reset: usize, candidate: usize, state: usize, dNext: usize, dResetState: usize, other: usize, dGates: usize, gate: usize,
  dState: usize, width: i32,
): void {
  const z = loadPartial(update, width), r = loadPartial(reset, width), h = loadPartial(state, width);
  const dh = loadPartial(dNext, width), d = loadPartial(dResetState, width);
  storePartial(dGates, closed(z, f32x4.mul(dh, f32x4.sub(loadPartial(candidate, width), h))), width);
  storePartial(dGates + gate, closed(r, f32x4.mul(d, h)), width);
  let left = fma(d, r, f32x4.mul(dh, f32x4.sub(f32x4.splat(1), z)));
  if (other) left = f32x4.add(left, loadPartial(other, width));
  storePartial(dState, left, width);
}

/**
 * The gradients of both gates before their activations, `dGates[batch, 2 * hidden]`, and of the state but for what comes through the gates, `other` (0 for none) added: of
 * those of the next state and of `reset * state`. `candidate` is its `tanh`.
 */
export function gruGatesGradient(
  batch: i32, hidden: i32, update: usize, reset: usize, candidate: usize, state: usize, dNext: usize, dResetState: usize,
  other: usize, dGates: usize, dState: usize,
): void {
  const gate = <usize>hidden << 2;
  const full = <usize>(hidden & ~3) << 2;
  const left = hidden & 3;
  const end = <usize>batch * gate;
  for (let row: usize = 0; row < end; row += gate, dGates += 2 * gate) {
    let at = row, to = dGates;
    for (const stop = row + full; at < stop; at += 16, to += 16) {
      gruGradientsOf(update + at, reset + at, candidate + at, state + at, dNext + at, dResetState + at, other ? other + at : 0, to, gate, dState + at, 4);
    }
    if (left) {
      gruGradientsOf(update + at, reset + at, candidate + at, state + at, dNext + at, dResetState + at, other ? other + at : 0, to, gate, dState + at, left);
    }
  }
}

// @ts-ignore: decorator
@inline
function afterOf(x: usize, product: usize, gate: usize, state: usize, next: usize, width: i32): void {
  const z = sigmoid(f32x4.add(loadPartial(x, width), loadPartial(product, width)));
  const r = sigmoid(f32x4.add(loadPartial(x + gate, width), loadPartial(product + gate, width)));
  const a = tanh(fma(r, loadPartial(product + 2 * gate, width), loadPartial(x + 2 * gate, width)));
  const h = loadPartial(state, width);
  storePartial(next, fma(z, f32x4.sub(a, h), h), width);
}

/**
 * A GRU that resets behind its product: from the shares of input and state in `[batch, 3 * hidden]` = update, reset, candidate, all with their
 * biases, to the next state, which may lie over the old one.
 */
export function gruAfter(batch: i32, hidden: i32, x: usize, product: usize, state: usize, next: usize): void {
  const gate = <usize>hidden << 2;
  const full = <usize>(hidden & ~3) << 2;
  const left = hidden & 3;
  for (let b = 0; b < batch; b++, x += 3 * gate, product += 3 * gate, state += gate, next += gate) {
    for (let at: usize = 0; at < full; at += 16) afterOf(x + at, product + at, gate, state + at, next + at, 4);
    if (left) afterOf(x + full, product + full, gate, state + full, next + full, left);
  }
}

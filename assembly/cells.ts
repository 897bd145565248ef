// The elementwise parts of recurrent cells, between their matrix products. Gates lie side by side in each row.
import { fma, loadPartial, storePartial } from './lanes';
import { sigmoid, tanh } from './math';

/**
 * LSTM with Haiku's order of gates, `gates[batch, 4 * hidden]` = input, candidate, forget, output before their
 * activations; `forgetBias` is added to the forget gate. `nextCell` may be `cell`.
 */
export function lstmCell(
  batch: i32, hidden: i32, gates: usize, cell: usize, forgetBias: f32, nextCell: usize, nextHidden: usize,
): void {
  const gate = <usize>hidden << 2;
  const bias = f32x4.splat(forgetBias);
  for (let b = 0; b < batch; b++, gates += 4 * gate, cell += gate, nextCell += gate, nextHidden += gate) {
    for (let j = 0; j < hidden; j += 4) {
      const at = <usize>j << 2, left = hidden - j;
      const i = sigmoid(loadPartial(gates + at, left));
      const g = tanh(loadPartial(gates + gate + at, left));
      const f = sigmoid(f32x4.add(loadPartial(gates + 2 * gate + at, left), bias));
      const o = sigmoid(loadPartial(gates + 3 * gate + at, left));
      const c = fma(f, loadPartial(cell + at, left), f32x4.mul(i, g));
      storePartial(nextCell + at, c, left);
      storePartial(nextHidden + at, f32x4.mul(o, tanh(c)), left);
    }
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

/**
 * First half of a GRU: from `gates[batch, 2 * hidden]` = update, reset before their activations, the update gate, and
 * the hidden state times the reset gate, which the candidate's product takes.
 */
export function gruGates(batch: i32, hidden: i32, gates: usize, state: usize, update: usize, resetState: usize): void {
  const gate = <usize>hidden << 2;
  for (let b = 0; b < batch; b++, gates += 2 * gate, state += gate, update += gate, resetState += gate) {
    for (let j = 0; j < hidden; j += 4) {
      const at = <usize>j << 2, left = hidden - j;
      storePartial(update + at, sigmoid(loadPartial(gates + at, left)), left);
      const r = sigmoid(loadPartial(gates + gate + at, left));
      storePartial(resetState + at, f32x4.mul(r, loadPartial(state + at, left)), left);
    }
  }
}

/** Second half: `next = (1 - update) * state + update * tanh(candidate)`, `n` entries; `next` may be `state`. */
export function gruState(n: i32, update: usize, candidate: usize, state: usize, next: usize): void {
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2, left = n - i;
    const h = loadPartial(state + at, left);
    const a = tanh(loadPartial(candidate + at, left));
    storePartial(next + at, fma(loadPartial(update + at, left), f32x4.sub(a, h), h), left);
  }
}

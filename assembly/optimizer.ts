// Updates of parameters, in place or into another buffer: one pass over each array instead of one an operation.
import { fma, loadPartial, storePartial } from './lanes';

/** `y = x + scale * d`; `y` may be `x`. */
export function addScaled(n: i32, x: usize, d: usize, scale: f32, y: usize): void {
  const s = f32x4.splat(scale);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2, left = n - i;
    storePartial(y + at, fma(s, loadPartial(d + at, left), loadPartial(x + at, left)), left);
  }
}

/**
 * SGD with momentum on `parameter` and its trace: `trace = gradient + decay * trace`, then
 * `parameter -= rate * (nesterov ? gradient + decay * trace : trace)`.
 */
export function momentum(n: i32, parameter: usize, trace: usize, gradient: usize, rate: f32, decay: f32, nesterov: i32): void {
  const d = f32x4.splat(decay), r = f32x4.splat(-rate);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2, left = n - i;
    const g = loadPartial(gradient + at, left);
    const t = fma(d, loadPartial(trace + at, left), g);
    storePartial(trace + at, t, left);
    storePartial(parameter + at, fma(r, nesterov ? fma(d, t, g) : t, loadPartial(parameter + at, left)), left);
  }
}

/**
 * Adam, with decoupled weight decay (0 for none), on `parameter` and its two moments. `correction1` and `correction2`
 * are `1 / (1 - beta ** count)`.
 */
export function adam(
  n: i32, parameter: usize, first: usize, second: usize, gradient: usize, rate: f32, beta1: f32, beta2: f32,
  correction1: f32, correction2: f32, epsilon: f32, epsilonRoot: f32, weightDecay: f32,
): void {
  const b1 = f32x4.splat(beta1), n1 = f32x4.splat(1 - beta1);
  const b2 = f32x4.splat(beta2), n2 = f32x4.splat(1 - beta2);
  const c1 = f32x4.splat(correction1), c2 = f32x4.splat(correction2);
  const e = f32x4.splat(epsilon), root = f32x4.splat(epsilonRoot);
  const decay = f32x4.splat(weightDecay), r = f32x4.splat(-rate);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2, left = n - i;
    const g = loadPartial(gradient + at, left);
    const m = fma(b1, loadPartial(first + at, left), f32x4.mul(n1, g));
    const v = fma(b2, loadPartial(second + at, left), f32x4.mul(n2, f32x4.mul(g, g)));
    storePartial(first + at, m, left);
    storePartial(second + at, v, left);
    const p = loadPartial(parameter + at, left);
    const step = f32x4.div(f32x4.mul(m, c1), f32x4.add(f32x4.sqrt(fma(v, c2, root)), e));
    storePartial(parameter + at, fma(r, fma(decay, p, step), p), left);
  }
}

/**
 * What Optax' `scaleByAdam` does to one array, into three others. `correctionFirst`, `correctionGradient` and `correctionSecond` point to
 * `1 - beta ** count`, computed before; `n1` and `n2` are `1 - beta1` and `1 - beta2`, rounded once. The update is multiplied by `scale`.
 */
export function scaleByAdam(
  n: i32, gradient: usize, first: usize, second: usize,
  correctionFirst: usize, correctionGradient: usize, correctionSecond: usize,
  beta1: f32, n1: f32, beta2: f32, n2: f32, epsilon: f32, epsilonRoot: f32, nesterov: i32, scale: f32,
  update: usize, nextFirst: usize, nextSecond: usize,
): void {
  const b1 = f32x4.splat(beta1), a1 = f32x4.splat(n1);
  const b2 = f32x4.splat(beta2), a2 = f32x4.splat(n2);
  const c1 = f32x4.splat(scale / load<f32>(correctionFirst)), c2 = f32x4.splat(1 / load<f32>(correctionSecond));
  const cm = f32x4.splat(scale * beta1 / load<f32>(correctionFirst));
  const cg = f32x4.splat(scale * n1 / load<f32>(correctionGradient));
  const e = f32x4.splat(epsilon), root = f32x4.splat(epsilonRoot);
  // Full vectors first: the pass is bound by memory, and tests of the edge would be half of its instructions.
  const full = <usize>(n & ~3) << 2;
  if (!nesterov) {
    for (let at: usize = 0; at < full; at += 16) {
      const g = v128.load(gradient + at);
      const m = fma(b1, v128.load(first + at), f32x4.mul(a1, g));
      const v = fma(b2, v128.load(second + at), f32x4.mul(a2, f32x4.mul(g, g)));
      v128.store(nextFirst + at, m);
      v128.store(nextSecond + at, v);
      v128.store(update + at, f32x4.div(f32x4.mul(m, c1), f32x4.add(f32x4.sqrt(fma(v, c2, root)), e)));
    }
  }
  for (let i = nesterov ? 0 : n & ~3; i < n; i += 4) {
    const at = <usize>i << 2, left = n - i;
    const g = loadPartial(gradient + at, left);
    const m = fma(b1, loadPartial(first + at, left), f32x4.mul(a1, g));
    const v = fma(b2, loadPartial(second + at, left), f32x4.mul(a2, f32x4.mul(g, g)));
    storePartial(nextFirst + at, m, left);
    storePartial(nextSecond + at, v, left);
    const direction = nesterov ? fma(m, cm, f32x4.mul(g, cg)) : f32x4.mul(m, c1);
    storePartial(update + at, f32x4.div(direction, f32x4.add(f32x4.sqrt(fma(v, c2, root)), e)), left);
  }
}

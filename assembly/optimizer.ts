// Updates of parameters, in place or into another buffer: one pass over each array instead of one an operation.
import { fma, loadPartial, storePartial } from './lanes';

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

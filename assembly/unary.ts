// Functions of one tensor, element by element. The numbers of the functions are those of kernels/unary.ts.
// A function is a type here: conditions on types are settled before the code is generated.
import { fma, loadPartial, storePartial, zeros } from './lanes';
import { choose, erf, exp, expm1, log, log1p, sigmoid, softplus, tanh } from './math';

class Exp {}
class Log {}
class Tanh {}
class Sigmoid {}
class Erf {}
class Softplus {}
class Silu {}
class GeluTanh {}
class GeluErf {}
class Elu {}
class Rsqrt {}
class Sqrt {}
class Sign {}
class Clip {}
class Step {}
class Expm1 {}
class Log1p {}
class Reciprocal {}
class Square {}

// @ts-ignore: decorator
@inline
function c(value: f32): v128 {
  return f32x4.splat(value);
}

/** The argument of the sigmoid in the tanh form of gelu, which equals `x * sigmoid(2 * inner)`. */
// @ts-ignore: decorator
@inline
function geluInner(x: v128): v128 {
  return f32x4.mul(c(1.5957691216057308), fma(f32x4.mul(f32x4.mul(x, x), x), c(0.044715), x));
}

// @ts-ignore: decorator
@inline
function apply<F>(x: v128, p: v128, q: v128): v128 {
  if (idof<F>() == idof<Exp>()) return exp(x);
  if (idof<F>() == idof<Log>()) return log(x);
  if (idof<F>() == idof<Tanh>()) return tanh(x);
  if (idof<F>() == idof<Sigmoid>()) return sigmoid(x);
  if (idof<F>() == idof<Erf>()) return erf(x);
  if (idof<F>() == idof<Softplus>()) return softplus(x);
  if (idof<F>() == idof<Silu>()) return f32x4.mul(x, sigmoid(x));
  if (idof<F>() == idof<GeluTanh>()) return f32x4.mul(x, sigmoid(geluInner(x)));
  if (idof<F>() == idof<GeluErf>()) return f32x4.mul(f32x4.mul(x, c(0.5)), f32x4.add(c(1), erf(f32x4.mul(x, c(0.7071067811865476)))));
  // selu and elu: p is the scale above 0, q the one below.
  if (idof<F>() == idof<Elu>()) return choose(f32x4.le(x, c(0)), f32x4.mul(expm1(x), q), f32x4.mul(x, p));
  if (idof<F>() == idof<Rsqrt>()) return f32x4.div(c(1), f32x4.sqrt(x));
  if (idof<F>() == idof<Sqrt>()) return f32x4.sqrt(x);
  if (idof<F>() == idof<Sign>()) return choose(f32x4.gt(x, c(0)), c(1), choose(f32x4.lt(x, c(0)), c(-1), x));
  // clip: the operand order of pmin and pmax lets NaN through.
  if (idof<F>() == idof<Clip>()) return f32x4.pmin(f32x4.pmax(x, p), q);
  // step: p below 0, NaN stays.
  if (idof<F>() == idof<Step>()) return choose(f32x4.gt(x, c(0)), c(1), choose(f32x4.ne(x, x), x, p));
  if (idof<F>() == idof<Expm1>()) return expm1(x);
  if (idof<F>() == idof<Log1p>()) return log1p(x);
  if (idof<F>() == idof<Reciprocal>()) return f32x4.div(c(1), x);
  return f32x4.mul(x, x);
}

// @ts-ignore: decorator
@inline
function run<F>(n: i32, x: usize, y: usize, p: v128, q: v128): void {
  const pairs = x + (<usize>(n & ~7) << 2);
  while (x < pairs) {
    const first = apply<F>(v128.load(x), p, q);
    const second = apply<F>(v128.load(x, 16), p, q);
    v128.store(y, first);
    v128.store(y, second, 16);
    x += 32;
    y += 32;
  }
  if (n & 4) {
    v128.store(y, apply<F>(v128.load(x), p, q));
    x += 16;
    y += 16;
  }
  if (n & 3) storePartial(y, apply<F>(loadPartial(x, n & 3), p, q), n & 3);
}

// Exported although nobody calls them from outside: functions of one caller are otherwise compiled into it, and twelve loops in one
// function share its registers, at half the speed.
export function mapExp(n: i32, x: usize, y: usize): void { run<Exp>(n, x, y, zeros(), zeros()); }
export function mapLog(n: i32, x: usize, y: usize): void { run<Log>(n, x, y, zeros(), zeros()); }
export function mapTanh(n: i32, x: usize, y: usize): void { run<Tanh>(n, x, y, zeros(), zeros()); }
export function mapSigmoid(n: i32, x: usize, y: usize): void { run<Sigmoid>(n, x, y, zeros(), zeros()); }
export function mapErf(n: i32, x: usize, y: usize): void { run<Erf>(n, x, y, zeros(), zeros()); }
export function mapSoftplus(n: i32, x: usize, y: usize): void { run<Softplus>(n, x, y, zeros(), zeros()); }
export function mapSilu(n: i32, x: usize, y: usize): void { run<Silu>(n, x, y, zeros(), zeros()); }
export function mapGeluTanh(n: i32, x: usize, y: usize): void { run<GeluTanh>(n, x, y, zeros(), zeros()); }
export function mapGeluErf(n: i32, x: usize, y: usize): void { run<GeluErf>(n, x, y, zeros(), zeros()); }
export function mapElu(n: i32, x: usize, y: usize, p: f32, q: f32): void { run<Elu>(n, x, y, c(p), c(q)); }
export function mapExpm1(n: i32, x: usize, y: usize): void { run<Expm1>(n, x, y, zeros(), zeros()); }
export function mapLog1p(n: i32, x: usize, y: usize): void { run<Log1p>(n, x, y, zeros(), zeros()); }

/** `y = f(x)` over `n` floats; `p` and `q` are parameters of some functions. `y` may be `x`. */
export function unary(op: i32, n: i32, x: usize, y: usize, p: f32, q: f32): void {
  const vp = f32x4.splat(p);
  const vq = f32x4.splat(q);
  switch (op) {
    case 0: mapExp(n, x, y); break;
    case 1: mapLog(n, x, y); break;
    case 2: mapTanh(n, x, y); break;
    case 3: mapSigmoid(n, x, y); break;
    case 4: mapErf(n, x, y); break;
    case 5: mapSoftplus(n, x, y); break;
    case 6: mapSilu(n, x, y); break;
    case 7: mapGeluTanh(n, x, y); break;
    case 8: mapGeluErf(n, x, y); break;
    case 9: mapElu(n, x, y, p, q); break;
    case 10: run<Rsqrt>(n, x, y, vp, vq); break;
    case 11: run<Sqrt>(n, x, y, vp, vq); break;
    case 12: run<Sign>(n, x, y, vp, vq); break;
    case 13: run<Clip>(n, x, y, vp, vq); break;
    case 14: run<Step>(n, x, y, vp, vq); break;
    case 15: mapExpm1(n, x, y); break;
    case 16: mapLog1p(n, x, y); break;
    case 17: run<Reciprocal>(n, x, y, vp, vq); break;
    default: run<Square>(n, x, y, vp, vq);
  }
}

/** The derivative of gelu. */
// @ts-ignore: decorator
@inline
function geluSlope<F>(x: v128): v128 {
  if (idof<F>() == idof<GeluTanh>()) {
    const s = sigmoid(geluInner(x));
    // The derivative of the inner polynomial.
    const slope = f32x4.mul(c(1.5957691216057308), fma(f32x4.mul(x, x), c(0.134145), c(1)));
    return fma(f32x4.mul(f32x4.mul(x, s), f32x4.sub(c(1), s)), slope, s);
  }
  const cdf = f32x4.mul(c(0.5), f32x4.add(c(1), erf(f32x4.mul(x, c(0.7071067811865476)))));
  const pdf = f32x4.mul(c(0.3989422804014327), exp(f32x4.mul(f32x4.mul(x, x), c(-0.5))));
  return fma(x, pdf, cdf);
}

// Full vectors first: where a loop may call another function, engines make its constants anew in every turn.
// @ts-ignore: decorator
@inline
function runGradient<F>(n: i32, x: usize, dy: usize, dx: usize): void {
  for (const end = x + (<usize>(n & ~7) << 2); x < end; x += 32, dy += 32, dx += 32) {
    const first = f32x4.mul(v128.load(dy), geluSlope<F>(v128.load(x)));
    const second = f32x4.mul(v128.load(dy, 16), geluSlope<F>(v128.load(x, 16)));
    v128.store(dx, first);
    v128.store(dx, second, 16);
  }
  for (let left = n & 7; left > 0; left -= 4, x += 16, dy += 16, dx += 16) {
    storePartial(dx, f32x4.mul(loadPartial(dy, left), geluSlope<F>(loadPartial(x, left))), left);
  }
}

/** `dx = dy * gelu'(x)`, in the tanh form. */
export function geluTanhGradient(n: i32, x: usize, dy: usize, dx: usize): void { runGradient<GeluTanh>(n, x, dy, dx); }

/** `dx = dy * gelu'(x)`, in the erf form. */
export function geluErfGradient(n: i32, x: usize, dy: usize, dx: usize): void { runGradient<GeluErf>(n, x, dy, dx); }

"""Values and gradients of single operations from JAX in float64: the truth of test/backend.

Run: python tools/goldens/generate_backend.py. Inputs are rounded to float32 first, so that both sides start from the
same numbers. Every gradient is of sum(output * cos(0.37 * i)), and is checked here against central differences.
Inputs are those where stock backends fail: windows of negative values, batches, transposes, repeated indices, odd
strides, ties, NaN.
"""
import os
import numpy as np
import jax
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platform_name", "cpu")
import jax.numpy as jnp
from jax import lax
from golden_lib import Recorder

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = []
NAN, INF = float("nan"), float("inf")


class Input:
    def __init__(self, value, constant=False):
        self.value = np.asarray(value)
        self.constant = constant or self.value.dtype != np.float32


def normal(*shape, seed=0, shift=0.0, scale=1.0):
    rng = np.random.default_rng(100 + seed + sum(shape) * 7 + len(shape))
    return Input((rng.standard_normal(shape) * scale + shift).astype(np.float32))


def uniform(low, high, *shape, seed=0):
    rng = np.random.default_rng(200 + seed + sum(shape) * 7 + len(shape))
    return Input(rng.uniform(low, high, shape).astype(np.float32))


def exact(values, constant=False):
    return Input(np.asarray(values, dtype=np.float32), constant)


def ints(values):
    return Input(np.asarray(values, dtype=np.int32))


def bools(values):
    return Input(np.asarray(values, dtype=bool))


def case(name, f, *inputs, differences=True):
    CASES.append((name, f, inputs, differences))


def probe(y):
    return jnp.sum(y * jnp.cos(0.37 * jnp.arange(y.size)).reshape(y.shape))


def run(recorder, name, f, inputs, differences):
    values = [jnp.asarray(i.value.astype(np.float64) if i.value.dtype == np.float32 else i.value) for i in inputs]
    y = f(*values)
    record = {"id": name, "inputs": [recorder.put(f"{name}/in/{i}", x.value) for i, x in enumerate(inputs)]}
    record["output"] = recorder.put(f"{name}/out", y)
    floats = [i for i, x in enumerate(inputs) if not x.constant]
    if floats and jnp.issubdtype(y.dtype, jnp.floating):
        def loss(*free):
            full = list(values)
            for i, v in zip(floats, free):
                full[i] = v
            return probe(f(*full))
        loss = jax.jit(loss)
        free = [values[i] for i in floats]
        grads = jax.grad(loss, argnums=tuple(range(len(floats))))(*free)
        if differences:
            for k, g in enumerate(grads):
                numeric = np.zeros(g.size)
                for e in range(g.size):
                    step = np.zeros(g.size)
                    step[e] = 1e-6
                    step = step.reshape(g.shape)
                    up = loss(*[v + step if j == k else v for j, v in enumerate(free)])
                    down = loss(*[v - step if j == k else v for j, v in enumerate(free)])
                    numeric[e] = (up - down) / 2e-6
                error = np.max(np.abs(numeric - np.asarray(g).ravel()), initial=0)
                assert error < 1e-5 * max(1, np.max(np.abs(numeric), initial=0)), (name, k, error)
        record["grads"] = {str(i): recorder.put(f"{name}/grad/{i}", g) for i, g in zip(floats, grads)}
    recorder.cases.append(record)


# Elementwise
for name, f, low, high in [
    ("abs", jnp.abs, -2, 2), ("acos", jnp.arccos, -0.9, 0.9), ("acosh", jnp.arccosh, 1.1, 3),
    ("asin", jnp.arcsin, -0.9, 0.9), ("asinh", jnp.arcsinh, -2, 2), ("atan", jnp.arctan, -2, 2),
    ("atanh", jnp.arctanh, -0.9, 0.9), ("ceil", jnp.ceil, -2, 2), ("cos", jnp.cos, -4, 4), ("cosh", jnp.cosh, -2, 2),
    ("elu", jax.nn.elu, -2, 2), ("erf", jax.scipy.special.erf, -2, 2), ("exp", jnp.exp, -3, 3),
    ("expm1", jnp.expm1, -2, 2), ("floor", jnp.floor, -2, 2), ("log", jnp.log, 0.2, 3), ("log1p", jnp.log1p, -0.5, 3),
    ("leaky-relu", lambda x: jax.nn.leaky_relu(x, 0.2), -2, 2), ("neg", jnp.negative, -2, 2),
    ("reciprocal", lambda x: 1 / x, 0.2, 3), ("relu", jax.nn.relu, -2, 2), ("relu6", jax.nn.relu6, -3, 9),
    ("round", jnp.round, -2, 2), ("rsqrt", lax.rsqrt, 0.2, 3), ("selu", jax.nn.selu, -2, 2),
    ("sigmoid", jax.nn.sigmoid, -4, 4), ("sign", jnp.sign, -2, 2), ("sin", jnp.sin, -4, 4), ("sinh", jnp.sinh, -2, 2),
    ("softplus", jax.nn.softplus, -3, 3), ("sqrt", jnp.sqrt, 0.2, 3), ("square", jnp.square, -2, 2),
    ("step", lambda x: jnp.where(x > 0, 1.0, 0.0 * x), -2, 2), ("tan", jnp.tan, -1, 1), ("tanh", jnp.tanh, -3, 3),
    ("clip", lambda x: jnp.clip(x, -0.5, 0.5), -1, 1),
    ("gelu-tanh", lambda x: jax.nn.gelu(x, approximate=True), -3, 3),
    ("gelu-erf", lambda x: jax.nn.gelu(x, approximate=False), -3, 3),
    ("silu", jax.nn.silu, -3, 3),
    ("cast-to-int-and-back", lambda x: jnp.trunc(x), -5, 5),
]:
    case(name, f, uniform(low, high, 3, 7))
tiny = [1e-7, -1e-7, 3e-8, -2e-5, 1e-4, -1e-3, 0.01, -0.02, 1e-20, -1e-20]
for name, f in [("sin", jnp.sin), ("log1p", jnp.log1p), ("selu", jax.nn.selu), ("sign", jnp.sign), ("tanh", jnp.tanh),
                ("expm1", jnp.expm1), ("erf", jax.scipy.special.erf), ("elu", jax.nn.elu)]:
    case(f"{name}-of-small", f, exact(tiny, constant=True))
case("cos-of-large", jnp.cos, exact([1e3, -1e4, 12345.678, 1e5, -99999.9], constant=True))
case("sin-of-large", jnp.sin, exact([1e3, -1e4, 12345.678, 1e5, -99999.9], constant=True))
edges = [NAN, INF, -INF, 0.0, -0.0, 89.0, -104.0, 1e38, -1e38, 100.0, -100.0]
for name, f in [("exp", jnp.exp), ("tanh", jnp.tanh), ("sigmoid", jax.nn.sigmoid), ("erf", jax.scipy.special.erf),
                ("relu", lambda x: jnp.maximum(x, 0)), ("relu6", jax.nn.relu6), ("softplus", jax.nn.softplus),
                ("clip", lambda x: jnp.clip(x, -0.5, 0.5)), ("abs", jnp.abs), ("neg", jnp.negative),
                ("gelu-tanh", lambda x: jax.nn.gelu(x, approximate=True)), ("silu", jax.nn.silu)]:
    keep = [e for e in edges if not (name == "gelu-tanh" and abs(e) > 1e3 or name == "silu" and e == -INF)]
    case(f"{name}-of-edges", f, exact(keep, constant=True))
case("log-of-edges", jnp.log, exact([NAN, INF, 0.0, 1e-38, 1e38, 1.0, -1.0, 1e-45], constant=True))
case("sqrt-of-edges", jnp.sqrt, exact([NAN, INF, 0.0, 1e-38, 1e38, -1.0], constant=True))
case("rsqrt-of-edges", lax.rsqrt, exact([NAN, INF, 0.0, 1e-30, 1e30, -1.0], constant=True))

# Binary
for name, f in [("add", jnp.add), ("sub", jnp.subtract), ("mul", jnp.multiply), ("maximum", jnp.maximum),
                ("minimum", jnp.minimum), ("squared-difference", lambda a, b: (a - b) ** 2)]:
    case(name, f, normal(3, 4), normal(3, 4, seed=1))
    case(f"{name}-broadcast", f, normal(2, 1, 4), normal(3, 1, seed=1))
case("maximum-tie", jnp.maximum, exact([1, 2, 3]), exact([1, 3, 2]), differences=True)
case("minimum-tie", jnp.minimum, exact([1, 2, 3]), exact([1, 3, 2]), differences=True)
case("maximum-nan", jnp.maximum, exact([NAN, 1, NAN, 2, 5], True), exact([1, NAN, NAN, 3, 4], True))
case("minimum-nan", jnp.minimum, exact([NAN, 1, NAN, 2, 5], True), exact([1, NAN, NAN, 3, 4], True))
case("div", jnp.divide, normal(2, 3), uniform(0.5, 2, 3))
case("atan2", jnp.arctan2, normal(3, 4), uniform(0.5, 2, 4))
case("mod", jnp.mod, uniform(1, 5, 3, 4), uniform(0.5, 0.9, 4))
case("mod-negative", jnp.mod, exact([-5.5, 5.5, -7, 7], True), exact([3, -3, 2, -2], True))
case("floor-div", jnp.floor_divide, uniform(1, 5, 3, 4), uniform(0.5, 0.9, 4))
case("pow", jnp.power, uniform(0.2, 2, 3, 4), uniform(0.5, 2, 4))
case("pow-negative-base", lambda a: a ** 3.0, exact([-2, -1, 0.5, 3]))
case("pow-of-zero", lambda a: jnp.power(a, jnp.asarray([1.0, 2.0, 3.0])), exact([0, 0, 0]))
case("pow-edges", jnp.power, exact([1, -2, -2, 0, 4, NAN], True), exact([NAN, 2, 0.5, 0, 0.5, 0], True))
case("prelu", lambda x, a: jnp.where(x > 0, x, a * x), normal(3, 4), uniform(0.1, 0.3, 4))
case("add-n", lambda a, b, c: a + b + c, normal(2, 3), normal(2, 3, seed=1), normal(2, 3, seed=2))
case("add-rank-8", jnp.add, normal(2, 1, 2, 1, 2, 1, 2, 3), normal(1, 2, 1, 2, 1, 2, 1, 3, seed=1), differences=False)
case("mul-rank-7", jnp.multiply, normal(2, 1, 2, 1, 2, 1, 2), normal(2, 1, 2, 1, 2, 1, seed=1), differences=False)
case("less-rank-7", jnp.less, normal(2, 1, 2, 1, 2, 1, 2), normal(2, 1, 2, 1, 2, 1, seed=1))
for name, f in [("add", jnp.add), ("sub", jnp.subtract), ("mul", jnp.multiply), ("maximum", jnp.maximum),
                ("minimum", jnp.minimum), ("floor-div", jnp.floor_divide), ("mod", jnp.mod)]:
    case(f"int-{name}", f, ints([[7, -7, 100000], [5, -5, 2]]), ints([3, -3, 70000]))
case("int-pow", jnp.power, ints([2, -3, 5, 1]), ints([5, 3, 0, 7]))
case("int-clip", lambda x: jnp.clip(x, -2, 3), ints([-5, -2, 0, 3, 9]))
case("int-abs", jnp.abs, ints([-5, 0, 9]))
case("int-neg", jnp.negative, ints([-5, 0, 9]))
case("int-matmul", jnp.matmul, ints([[1, -2, 3], [4, 5, -6]]), ints([[7, 8], [9, -10], [11, 12]]))
case("int-sum", lambda x: jnp.sum(x, 1), ints([[16777217, 1, 1], [2147483, -1, 5]]))
case("int-max", lambda x: jnp.max(x, 0), ints([[16777217, -9], [16777216, -8]]))
case("int-prod", lambda x: jnp.prod(x, 1), ints([[4097, 4097], [-3, 5]]))
case("cast-to-bool", lambda x: x != 0, exact([0.5, 256, 0, -0.0, -3, 1e-30], True))
case("int-cast-to-bool", lambda x: x != 0, ints([2, 256, 0, -1]))
case("bool-sum", lambda x: jnp.sum(x, 0).astype(jnp.int32), bools([[True, False], [True, True]]))

# Comparisons and selection
case("where-greater", lambda a, b: jnp.where(a > b, a, b * 2), normal(3, 4), normal(3, 4, seed=1))
case("where-less-broadcast", lambda a, b: jnp.where(a < 0.1, jnp.sin(a), b), normal(3, 4), normal(4, seed=1))
for name, f in [("equal", jnp.equal), ("not-equal", jnp.not_equal), ("less", jnp.less), ("less-equal", jnp.less_equal),
                ("greater", jnp.greater), ("greater-equal", jnp.greater_equal)]:
    case(name, f, exact([1, 2, NAN, NAN, 3, -0.0], True), exact([1, 3, 1, NAN, 2, 0.0], True))
    case(f"int-{name}", f, ints([[1, 2, 16777217]]), ints([[1], [16777216]]))
case("bool-where", jnp.where, bools([True, False, True]), ints([1, 2, 3]), ints([4, 5, 6]))

# Reductions
AXES = {"all": None, "first": 0, "middle": 1, "last": 2, "outer": (0, 2)}
for label, axis in AXES.items():
    for name, f in [("sum", jnp.sum), ("mean", jnp.mean), ("max", jnp.max), ("min", jnp.min), ("prod", jnp.prod)]:
        case(f"{name}-{label}", lambda x, f=f, axis=axis: f(x, axis=axis), normal(3, 4, 5, shift=-0.5))
case("max-tie", lambda x: jnp.max(x, 1), exact([[1, 1, 0], [2, 3, 3], [1, 1, 1]]), differences=False)
case("max-negative", lambda x: jnp.max(x, 1), normal(3, 5, shift=-10))
case("max-nan", lambda x: jnp.max(x, 1), exact([[1, NAN, 0], [2, 3, 3]], True))
case("min-nan", lambda x: jnp.min(x, 0), exact([[1, NAN, 0], [2, 3, 3]], True))
case("prod-zero", lambda x: jnp.prod(x, 1), exact([[1, 0, 3, 2], [0, 0, 2, 1], [1, 2, 3, 4]]))
case("sum-empty", lambda x: jnp.sum(x, 1), exact(np.zeros((2, 0, 3)), True))
case("prod-empty", lambda x: jnp.prod(x, 1), exact(np.zeros((2, 0)), True))
case("all-empty", lambda x: jnp.all(x, 1), bools(np.zeros((2, 0))))
case("any-empty", lambda x: jnp.any(x, 1), bools(np.zeros((2, 0))))
case("log-sum-exp", lambda x: jax.nn.logsumexp(x, 1), normal(3, 5))
case("variance", lambda x: jnp.var(x, axis=(0, 1)), normal(4, 3, 2, shift=100))
for name, f in [("cumsum", jnp.cumsum), ("cumprod", jnp.cumprod)]:
    for axis in (0, 1, 2):
        case(f"{name}-axis-{axis}", lambda x, f=f, axis=axis: f(x, axis=axis), normal(3, 4, 2))
    case(f"{name}-zeros", lambda x, f=f: f(x, axis=1), exact([[1, 0, 3, 2], [0, 2, 0, 1]]))
def exclusive(f, unit):
    return lambda x: f(jnp.concatenate([jnp.full_like(x[:, :1], unit), x[:, :-1]], 1), axis=1)
case("cumsum-exclusive", exclusive(jnp.cumsum, 0), normal(3, 4))
case("cumprod-exclusive", exclusive(jnp.cumprod, 1), normal(3, 4))
case("cumsum-reverse", lambda x: jnp.cumsum(x[:, ::-1], 1)[:, ::-1], normal(3, 4))
case("cumprod-reverse", lambda x: jnp.cumprod(x[:, ::-1], 1)[:, ::-1], normal(3, 4))
case("cumprod-exclusive-reverse", lambda x: exclusive(jnp.cumprod, 1)(x[:, ::-1])[:, ::-1], normal(3, 4))
case("int-cumsum", lambda x: jnp.cumsum(x, 1), ints([[1, -2, 3], [16777216, 1, 1]]))
case("softmax", lambda x: jax.nn.softmax(x, -1), normal(3, 11, scale=4))
case("softmax-edges", lambda x: jax.nn.softmax(x, -1), exact([[1e3, 0, -1e3, 1e3], [-INF, 0, 1, -INF]], True))
case("log-softmax", lambda x: jax.nn.log_softmax(x, -1), normal(3, 11, scale=4))
case("arg-max", lambda x: jnp.argmax(x, 1).astype(jnp.int32), exact([[1, 3, 3], [-5, -7, -5]], True))
case("top-k", lambda x: lax.top_k(x, 3)[0], normal(2, 3, 7))

# Shapes
case("concat", lambda a, b, c: jnp.concatenate([a, b, c], 1), normal(2, 3), normal(2, 1), normal(2, 4))
case("concat-last", lambda a, b: jnp.concatenate([a, b], -1), normal(2, 3, 2), normal(2, 3, 5))
case("stack", lambda a, b: jnp.stack([a, b], 1), normal(2, 3), normal(2, 3, seed=1))
case("unstack", lambda x: x[0] * x[2], normal(3, 4))
case("split", lambda x: x[:, :2] * x[:, 2:4] + x[:, 4:], normal(3, 6))
case("slice", lambda x: x[1:3, 1:4], normal(4, 5))
case("slice-rank-6", lambda x: x[:, :, 1:, :, :1, 1:3], normal(2, 1, 2, 2, 2, 4))
case("strided-slice", lambda x: x[0:4:2, 1:5:3], normal(4, 5))
case("strided-slice-negative", lambda x: x[::-1, 4:0:-2], normal(4, 5))
case("strided-slice-masks", lambda x: x[1, None, ..., ::2], normal(3, 2, 5))
case("pad", lambda x: jnp.pad(x, [(1, 2), (0, 1)], constant_values=0.5), normal(3, 4))
for mode in ("reflect", "symmetric"):
    case(f"mirror-pad-{mode}", lambda x, m=mode: jnp.pad(x, [(1, 2), (0, 0), (2, 1)], mode=m), normal(3, 2, 4))
case("reverse", lambda x: x[:, ::-1, ::-1], normal(2, 3, 4))
case("tile", lambda x: jnp.tile(x, (2, 3)), normal(3, 4))
case("tile-rank-5", lambda x: jnp.tile(x, (2, 1, 3, 1, 2)), normal(1, 2, 2, 1, 2))
case("broadcast-to", lambda x: jnp.broadcast_to(x, (3, 4, 5)), normal(4, 1))
case("transpose", lambda x: x.transpose(2, 0, 1), normal(3, 4, 5))
case("transpose-rank-6", lambda x: x.transpose(5, 3, 1, 0, 4, 2), normal(2, 3, 1, 2, 2, 3))
case("depth-to-space", lambda x: x.reshape(2, 2, 3, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 4, 6, 3), normal(2, 2, 3, 12))
case("space-to-batch", lambda x: x.reshape(2, 2, 2, 3, 2, 1).transpose(2, 4, 0, 1, 3, 5).reshape(8, 2, 3, 1), normal(2, 4, 6, 1))
case("diag", jnp.diag, normal(4))
case("flip-left-right", lambda x: x[:, :, ::-1], normal(2, 3, 4, 2))

# Indices
rows = ints([0, 2, 2, 1, 2])
case("gather", lambda x, i: x[i], normal(4, 3), rows)
case("gather-axis", lambda x, i: jnp.take(x, i, axis=1), normal(2, 4, 3), rows)
case("gather-matrix-of-indices", lambda x, i: x[i], normal(4, 3), ints([[0, 3, 3], [1, 1, 1]]))
case("gather-batch", lambda x, i: jax.vmap(lambda a, b: a[b])(x, i), normal(2, 4, 3), ints([[0, 3, 3], [1, 1, 1]]))
case("gather-batch-axis", lambda x, i: jax.vmap(lambda a, b: jnp.take(a, b, axis=1))(x, i), normal(2, 3, 4), ints([[0, 3, 3], [1, 1, 1]]))
case("int-gather", lambda x, i: x[i], ints([[1, 2], [3, 4], [5, 6]]), ints([2, 0, 2]))
case("gather-nd", lambda x, i: x[i[:, 0], i[:, 1]], normal(4, 3, 2), ints([[0, 1], [2, 2], [0, 1]]))
case("scatter-nd", lambda u, i: jnp.zeros((5, 3)).at[i[:, 0]].add(u), normal(4, 3), ints([[0], [3], [3], [1]]))
case("tensor-scatter-update", lambda t, u, i: t.at[i[:, 0]].set(u), normal(4, 3), normal(2, 3, seed=1), ints([[2], [0]]))
case("segment-sum", lambda x, i: jax.ops.segment_sum(x, i, 4), normal(5, 3), ints([0, 3, 0, 1, 3]))
case("segment-sum-dropped", lambda x, i: jnp.zeros((3, 2)).at[jnp.where((i < 0) | (i > 2), 5, i)].add(x, mode="drop"), normal(4, 2), ints([0, -1, 7, 2]))
case("int-segment-sum", lambda x, i: jax.ops.segment_sum(x, i, 3), ints([16777217, 2, 3, 1]), ints([0, 2, 2, 0]))
case("one-hot", lambda i: jax.nn.one_hot(i, 5, dtype=jnp.float32), ints([[0, 2], [4, 2]]))
case("one-hot-int", lambda i: jax.nn.one_hot(i, 3, dtype=jnp.int32), ints([0, 2, -1, 5]))
case("one-hot-bool", lambda i: jax.nn.one_hot(i, 3, dtype=bool), ints([0, 2, 1, 5]))
case("one-hot-product", lambda w, i: jax.nn.one_hot(i, 4, dtype=w.dtype) @ w, normal(4, 3), rows)

# Products
for ta in (False, True):
    for tb in (False, True):
        def f(a, b, ta=ta, tb=tb):
            return jnp.matmul(a.swapaxes(-1, -2) if ta else a, b.swapaxes(-1, -2) if tb else b)
        label = ("t" if ta else "n") + ("t" if tb else "n")
        a, b = ((5, 4) if ta else (4, 5)), ((6, 5) if tb else (5, 6))
        case(f"matmul-{label}", f, normal(*a), normal(*b, seed=1))
        case(f"matmul-batch-{label}", f, normal(3, *a), normal(3, *b, seed=1))
        case(f"matmul-broadcast-{label}", f, normal(2, 1, *a), normal(3, *b, seed=1))
case("matmul-long", jnp.matmul, normal(2, 300), normal(300, 3), differences=False)
for equation, shapes in [("ij,jk->ik", [(4, 5), (5, 6)]), ("bhtd,bhsd->bhts", [(2, 2, 3, 4), (2, 2, 5, 4)]),
                         ("bhts,bshd->bthd", [(2, 2, 3, 5), (2, 5, 2, 4)]), ("ij->ji", [(3, 4)]), ("ij->i", [(3, 4)]),
                         ("ij,j->i", [(3, 4), (4,)]), ("i,j->ij", [(3,), (4,)]), ("ijk,ik->j", [(2, 3, 4), (2, 4)]),
                         ("ij,kl->il", [(2, 3), (4, 2)])]:
    case(f"einsum {equation}", lambda *xs, e=equation: jnp.einsum(e, *xs), *[normal(*s, seed=i) for i, s in enumerate(shapes)])


# Convolutions
def conv(x, f, stride=1, padding="SAME", rate=1, groups=1):
    n = x.ndim - 2
    names = {1: ("NWC", "WIO", "NWC"), 2: ("NHWC", "HWIO", "NHWC"), 3: ("NDHWC", "DHWIO", "NDHWC")}[n]
    return lax.conv_general_dilated(x, f, (stride,) * n, padding, rhs_dilation=(rate,) * n, dimension_numbers=names, feature_group_count=groups)


def depthwise(x, f, **options):
    h, w, c, m = f.shape
    return conv(x, f.reshape(h, w, 1, c * m), groups=c, **options)


def transposed(x, f, shape, **options):
    return jax.vjp(lambda z: conv(z, f, **options), jnp.zeros(shape))[1](x)[0]


image, taps = normal(2, 6, 7, 3, shift=-0.5), normal(3, 3, 3, 4)
case("conv1d", lambda x, f: conv(x, f), normal(2, 8, 3), normal(3, 3, 4))
case("conv2d-same", conv, image, taps)
case("conv2d-valid", lambda x, f: conv(x, f, padding="VALID"), image, taps)
case("conv2d-1x1", conv, image, normal(1, 1, 3, 4))
case("conv2d-stride-2", lambda x, f: conv(x, f, stride=2), image, taps)
case("conv2d-stride-3-filter-2", lambda x, f: conv(x, f, stride=3), normal(2, 7, 8, 3), normal(2, 2, 3, 4))
case("conv2d-stride-4-filter-3", lambda x, f: conv(x, f, stride=4), normal(1, 9, 10, 2), normal(3, 3, 2, 3))
case("conv2d-explicit", lambda x, f: conv(x, f, padding=((1, 2), (0, 1))), image, taps)
case("conv2d-rate-2", lambda x, f: conv(x, f, rate=2), normal(2, 8, 9, 3), taps)
case("conv2d-rate-3-valid", lambda x, f: conv(x, f, rate=3, padding="VALID"), normal(1, 9, 8, 2), normal(3, 2, 2, 3))
case("conv2d-transpose", lambda x, f: transposed(x, f, (2, 12, 14, 4), stride=2), normal(2, 6, 7, 3), normal(3, 3, 4, 3))
case("depthwise", depthwise, image, normal(3, 3, 3, 1))
case("depthwise-multiplier-2", depthwise, image, normal(3, 3, 3, 2))
case("depthwise-stride-2", lambda x, f: depthwise(x, f, stride=2), image, normal(3, 3, 3, 2))
case("depthwise-stride-3-filter-2", lambda x, f: depthwise(x, f, stride=3), normal(2, 7, 8, 3), normal(2, 2, 3, 1))
case("depthwise-rate-2", lambda x, f: depthwise(x, f, rate=2), image, normal(3, 3, 3, 2))
case("conv3d", conv, normal(2, 3, 4, 3, 2), normal(2, 3, 2, 2, 3))
case("conv3d-stride-2", lambda x, f: conv(x, f, stride=2), normal(1, 4, 5, 4, 2), normal(3, 3, 3, 2, 2))
case("conv3d-transpose", lambda x, f: transposed(x, f, (1, 6, 6, 4, 3), stride=2), normal(1, 3, 3, 2, 2), normal(3, 3, 3, 3, 2))


# Pools
def pool(x, kind, window, stride, padding):
    n = x.ndim - 2
    w, s = (1,) + (window,) * n + (1,), (1,) + (stride,) * n + (1,)
    if isinstance(padding, (list, tuple)):
        padding = [(0, 0), *padding, (0, 0)]
    if kind == "max":
        return lax.reduce_window(x, -jnp.inf, lax.max, w, s, padding)
    total = lax.reduce_window(x, 0.0, lax.add, w, s, padding)
    return total / lax.reduce_window(jnp.ones_like(x), 0.0, lax.add, w, s, padding)


for kind in ("max", "avg"):
    for label, shift in (("", 0.0), ("-negative", -10.0)):
        plane, volume = normal(2, 6, 7, 3, shift=shift), normal(2, 3, 4, 3, 2, shift=shift)
        case(f"{kind}-pool-2-valid{label}", lambda x, k=kind: pool(x, k, 2, 2, "VALID"), plane)
        case(f"{kind}-pool-3-same{label}", lambda x, k=kind: pool(x, k, 3, 1, "SAME"), plane)
        case(f"{kind}-pool-3-stride-2-same{label}", lambda x, k=kind: pool(x, k, 3, 2, "SAME"), plane)
        case(f"{kind}-pool-2-stride-3-same{label}", lambda x, k=kind: pool(x, k, 2, 3, "SAME"), plane)
        case(f"{kind}-pool-explicit{label}", lambda x, k=kind: pool(x, k, 3, 2, ((1, 1), (0, 2))), plane)
        case(f"{kind}-pool-3d-valid{label}", lambda x, k=kind: pool(x, k, 2, 1, "VALID"), volume)
        case(f"{kind}-pool-3d-same{label}", lambda x, k=kind: pool(x, k, 3, 2, "SAME"), volume)

# Normalization
def layer_norm(x, s, o):
    m, v = jnp.mean(x, -1, keepdims=True), jnp.var(x, -1, keepdims=True)
    return (x - m) * lax.rsqrt(v + 1e-5) * s + o


case("layer-norm", layer_norm, normal(4, 10, shift=3), normal(10), normal(10, seed=1))
case("layer-norm-odd", layer_norm, normal(2, 3, 7), normal(7), normal(7, seed=1))
case("batch-norm", lambda x, m, v, o, s: (x - m) * lax.rsqrt(v + 1e-3) * s + o, normal(2, 3, 4, 5), normal(5), uniform(0.5, 2, 5), normal(5, seed=1), normal(5, seed=2))
def lrn(x):
    padded = jnp.pad(x * x, ((0, 0), (0, 0), (0, 0), (2, 2)))
    window = sum(padded[..., i:i + x.shape[-1]] for i in range(5))
    return x / (1 + 0.5 * window) ** 0.75
case("local-response-normalization", lrn, normal(2, 3, 3, 6))
case("resize-nearest", lambda x: jnp.repeat(jnp.repeat(x, 2, 1), 3, 2), normal(2, 3, 2, 2))

if __name__ == "__main__":
    recorder = Recorder()
    for c in CASES:
        run(recorder, *c)
    names = [c["id"] for c in recorder.cases]
    assert len(set(names)) == len(names)
    # The arrays are the truth; what the inputs look like can be read off them.
    recorder.save(os.path.join(HERE, "..", "..", "test", "goldens"), "backend")

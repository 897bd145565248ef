"""Convolutions, transposed convolutions and pools of jax.lax and haiku: values and gradients.

Writes ops.json and ops.safetensors. Run: python generate_ops.py OUTPUT_FOLDER
"""
import itertools, sys
import numpy as np
import jax, jax.numpy as jnp
from jax import lax
import haiku as hk
from golden_lib import Recorder

rec = Recorder()
SPATIAL = "ADHW"


def record(case, f, *arrays, gradient=jax.grad):
    cid = case["id"]
    arrays = [jnp.asarray(a) for a in arrays]
    y = f(*arrays)

    def loss(*xs):
        out = f(*xs)
        return jnp.sum(out * jnp.cos(0.37 * jnp.arange(out.size, dtype=jnp.float32)).reshape(out.shape))

    grads = gradient(loss, argnums=tuple(range(len(arrays))))(*arrays)
    rec.cases.append({**case, "inputs": [rec.put(f"{cid}/in{i}", a) for i, a in enumerate(arrays)],
                      "output": rec.put(f"{cid}/out", y),
                      "grads": [rec.put(f"{cid}/g{i}", g) for i, g in enumerate(grads)]})


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def dims(n, channels_last, kernel):
    s = SPATIAL[-n:]
    lhs = f"N{s}C" if channels_last else f"NC{s}"
    return (lhs, s + kernel, lhs)


def conv(name, spatial, window, cin, cout, strides, dilations, padding, groups=1, channels_last=True):
    n = len(spatial)
    x = numbers(len(rec.cases), 2, *spatial, cin) if channels_last else numbers(len(rec.cases), 2, cin, *spatial)
    w = numbers(900 + len(rec.cases), *window, cin // groups, cout)
    case = {"id": name, "op": "convolution", "strides": strides, "dilations": dilations, "padding": padding,
            "groups": groups, "channel_axis": -1 if channels_last else 1}
    record(case, lambda a, b: lax.conv_general_dilated(
        a, b, strides, padding, rhs_dilation=dilations, feature_group_count=groups,
        dimension_numbers=dims(n, channels_last, "IO"), precision="highest"), x, w)


def transposed(name, spatial, window, cin, cout, strides, padding, channels_last=True, gradient=jax.grad):
    n = len(spatial)
    x = numbers(len(rec.cases), 2, *spatial, cin) if channels_last else numbers(len(rec.cases), 2, cin, *spatial)
    w = numbers(900 + len(rec.cases), *window, cout, cin)
    case = {"id": name, "op": "transposed", "strides": strides, "padding": padding, "channel_axis": -1 if channels_last else 1}
    record(case, lambda a, b: lax.conv_transpose(
        a, b, strides, padding, dimension_numbers=dims(n, channels_last, "OI"), precision="highest"), x, w, gradient=gradient)


def pool(name, op, shape, window, strides, padding, flip=False):
    x = numbers(len(rec.cases), *shape)
    if flip:
        x = -np.abs(x) - 1
    f = hk.max_pool if op == "max" else hk.avg_pool
    case = {"id": name, "op": op, "window": window, "strides": strides, "padding": padding}
    record(case, lambda a: f(a, window, strides, padding, channel_axis=None), x)


for k, s, padding in itertools.product([1, 2, 3], [1, 2, 3], ["SAME", "VALID", "SAME_LOWER"]):
    if padding != "SAME_LOWER" or k == 2:
        conv(f"conv2/k{k}s{s}{padding}", (7, 5), (k, k), 2, 3, (s, s), (1, 1), padding)
for padding in ["SAME", "VALID", [[2, 0], [1, 3]], [[-1, 2], [0, -2]]]:
    tag = padding if isinstance(padding, str) else "x".join(str(v) for p in padding for v in p)
    conv(f"conv2/dilated/{tag}", (8, 9), (3, 2), 2, 3, (1, 1), (2, 3), padding)
    conv(f"conv2/dilated_strided/{tag}", (8, 9), (3, 2), 2, 3, (2, 1), (2, 3), padding)
    conv(f"conv2/grouped/{tag}", (8, 9), (3, 2), 4, 6, (2, 1), (1, 1), padding, groups=2)
    conv(f"conv2/grouped_dilated/{tag}", (8, 9), (3, 2), 4, 6, (1, 1), (2, 1), padding, groups=2)
    conv(f"conv2/depthwise/{tag}", (8, 9), (3, 2), 3, 6, (2, 1), (1, 1), padding, groups=3)
    conv(f"conv2/depthwise_dilated/{tag}", (8, 9), (3, 2), 3, 6, (1, 1), (2, 3), padding, groups=3)
    conv(f"conv2/depthwise_dilated_strided/{tag}", (8, 9), (3, 2), 3, 3, (2, 2), (2, 3), padding, groups=3)
    conv(f"conv2/channels_first/{tag}", (8, 9), (3, 2), 2, 3, (1, 2), (1, 1), padding, channels_last=False)
for s, d, g in [(1, 1, 1), (2, 1, 1), (1, 3, 1), (2, 2, 1), (3, 1, 1), (1, 1, 2), (1, 2, 4)]:
    conv(f"conv1/s{s}d{d}g{g}", (11,), (3,), 4, 8, (s,), (d,), "SAME", groups=g)
    conv(f"conv3/s{s}d{d}g{g}", (5, 6, 4), (2, 3, 2), 4, 8, (s, s, 1), (d, 1, 1) if s > 1 else (d, d, 1), "SAME", groups=g)
conv("conv1/causal", (11,), (2,), 3, 4, (1,), (4,), [[4, 0]])
conv("conv3/channels_first", (5, 6, 4), (2, 3, 2), 2, 3, (2, 1, 2), (1, 1, 1), [[1, 0], [-1, 1], [0, 2]], channels_last=False)
conv("conv4", (3, 4, 3, 3), (2, 2, 1, 2), 2, 2, (1, 2, 1, 1), (1, 1, 1, 1), "VALID")

for k, s, padding in itertools.product([1, 2, 3, 4], [1, 2, 3, 5], ["SAME", "VALID"]):
    transposed(f"transposed2/k{k}s{s}{padding}", (4, 3), (k, k), 2, 3, (s, s), padding)
for tag, padding in [("more", [[3, 6], [4, 1]]), ("less", [[0, 1], [1, 0]]), ("cut", [[-1, 2], [1, -2]])]:
    # Reverse mode of jax 0.10.2 on CPU is wrong for paddings beyond the window: it differs from forward mode.
    transposed(f"transposed2/explicit/{tag}", (5, 4), (2, 3), 2, 3, (3, 2), padding, gradient=jax.jacfwd)
    transposed(f"transposed2/explicit_dense/{tag}", (5, 4), (2, 3), 2, 3, (1, 1), padding, gradient=jax.jacfwd)
transposed("transposed2/channels_first", (4, 3), (3, 2), 2, 3, (2, 3), "SAME", channels_last=False)
transposed("transposed1/s2", (6,), (3,), 2, 4, (2,), "SAME")
transposed("transposed1/channels_first", (6,), (4,), 2, 4, (3,), "VALID", channels_last=False)
transposed("transposed3/s2", (3, 4, 2), (3, 2, 3), 2, 3, (2, 1, 2), "SAME")
transposed("transposed3/s3", (3, 2, 2), (2, 2, 2), 2, 3, (3, 3, 1), "VALID")

POOLS = [
    ("nhwc", (2, 7, 6, 3), (1, 3, 2, 1), (1, 2, 1, 1)),
    ("overlapping", (2, 7, 6, 3), (1, 3, 3, 1), (1, 1, 1, 1)),
    ("sparse", (2, 7, 6, 3), (1, 2, 2, 1), (1, 3, 4, 1)),
    ("stride_only", (2, 7, 6, 3), (1, 1, 2, 1), (1, 3, 1, 2)),
    ("nchw", (2, 3, 7, 6), (1, 1, 2, 3), (1, 1, 2, 2)),
    ("apart", (3, 4, 5, 4), (2, 1, 3, 1), (1, 1, 2, 1)),
    ("channels", (2, 5, 4, 6), (1, 2, 2, 3), (1, 1, 1, 3)),
    ("all", (4, 5, 4, 6), (2, 2, 2, 3), (2, 1, 1, 3)),
    ("volume", (2, 5, 4, 6, 2), (1, 2, 3, 2, 1), (1, 2, 1, 2, 1)),
    ("sequence", (2, 9, 3), (1, 4, 1), (1, 3, 1)),
    ("vector", (9,), (3,), (2,)),
]
for (tag, shape, window, strides), padding, op in itertools.product(POOLS, ["SAME", "VALID"], ["max", "avg"]):
    pool(f"{op}/{tag}/{padding}", op, shape, window, strides, padding)
pool("max/negative", "max", (2, 7, 6, 3), (1, 3, 3, 1), (1, 2, 2, 1), "SAME", flip=True)

rec.save(sys.argv[1], "ops")

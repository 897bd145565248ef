"""Golden values and gradients of the functions of jax.nn (JAX 0.10.2, CPU, float32).

    env/bin/python generate_nn.py [FOLDER]

writes nn.json (the cases) and nn.safetensors (their arrays). Gradients are those of the sum of `output * cos(0.37 * i)`.
"""
import json
import os
import sys

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import save_file

OUT = sys.argv[1] if len(sys.argv) > 1 else "."
arrays, cases = {}, []


def put(name, value):
    a = np.asarray(value)
    dtype = str(a.dtype)
    arrays[name] = np.ascontiguousarray(a.astype(np.uint8) if a.dtype == np.bool_ else a)
    return {"$t": name, "shape": list(a.shape), "dtype": dtype}


def probe(tree):
    total = 0.0
    for leaf in jax.tree_util.tree_leaves(tree):
        w = jnp.cos(0.37 * jnp.arange(leaf.size, dtype=jnp.float32)).reshape(leaf.shape)
        total = total + jnp.sum(leaf * w)
    return total


def case(cid, fn, inputs, grads=True, arrays_in=None, **options):
    """inputs: positional arrays; arrays_in: array options; options: plain ones, by their names in JAX."""
    f = getattr(jax.nn, fn)
    arrays_in = arrays_in or {}

    def run(*xs):
        return f(*xs, **arrays_in, **options)

    value = run(*inputs)
    leaves = list(value) if isinstance(value, tuple) else [value]
    c = {
        "id": cid,
        "fn": fn,
        "inputs": [put(f"{cid}/in{i}", x) for i, x in enumerate(inputs)],
        "options": {**options, **{k: put(f"{cid}/opt/{k}", v) for k, v in arrays_in.items()}},
        "output": [put(f"{cid}/out{i}", x) for i, x in enumerate(leaves)],
    }
    if grads:
        gs = jax.grad(lambda *xs: probe(run(*xs)), argnums=tuple(range(len(inputs))))(*map(jnp.asarray, inputs))
        c["grads"] = [put(f"{cid}/g{i}", g) for i, g in enumerate(gs)]
    cases.append(c)


rng = np.random.default_rng(7)
normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)
# Kinks of the piecewise functions, and values far out.
edges = np.array([-100, -20, -6, -3, -2, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 2, 3, 6, 20, 80], np.float32)
values = np.concatenate([edges, 2 * normal(15)]).astype(np.float32)

for fn in ("relu", "relu6", "sigmoid", "softplus", "sparse_plus", "sparse_sigmoid", "soft_sign", "silu", "swish", "log_sigmoid",
           "leaky_relu", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "elu", "celu", "selu", "gelu", "squareplus",
           "mish", "identity", "tanh"):
    case(fn, fn, [values])
case("leaky_relu/slope", "leaky_relu", [values], negative_slope=0.3)
case("elu/alpha", "elu", [values], alpha=0.7)
case("celu/alpha", "celu", [values], alpha=0.7)
case("squareplus/b", "squareplus", [values], b=1.5)
case("gelu/exact", "gelu", [values], approximate=False)
case("log1mexp", "log1mexp", [np.array([1e-4, 0.01, 0.5, 0.69, 0.7, 1, 3, 20], np.float32)])

x = normal(3, 4, 6)
mask = rng.uniform(size=(3, 4, 6)) < 0.7
mask[..., 0] = True
case("glu", "glu", [x])
case("glu/axis", "glu", [x], axis=1)
big = (x * 30).astype(np.float32)
for fn in ("softmax", "log_softmax"):
    case(fn, fn, [x])
    case(f"{fn}/large", fn, [big])
    case(f"{fn}/axis", fn, [x], axis=1)
    case(f"{fn}/axes", fn, [x], axis=(0, 2))
    case(f"{fn}/all", fn, [x], axis=None)
case("softmax/where", "softmax", [x], arrays_in={"where": mask})
case("log_softmax/where", "log_softmax", [x], arrays_in={"where": mask}, grads=False)
for fn in ("logsumexp", "logmeanexp"):
    case(fn, fn, [x])
    case(f"{fn}/axis", fn, [big], axis=-1)
    case(f"{fn}/axes", fn, [x], axis=(0, 1), keepdims=True)
    case(f"{fn}/where", fn, [x], axis=-1, arrays_in={"where": mask})
case("logsumexp/b", "logsumexp", [x], axis=1, arrays_in={"b": np.abs(normal(3, 4, 6))})
case("logsumexp/sign", "logsumexp", [x], axis=1, return_sign=True, arrays_in={"b": normal(3, 4, 6)}, grads=False)
case("logsumexp/minus_infinity", "logsumexp", [np.full((2, 3), -np.inf, np.float32)], axis=-1, grads=False)
case("standardize", "standardize", [x])
case("standardize/axes", "standardize", [x], axis=(1, 2), epsilon=1e-3)
case("standardize/where", "standardize", [x], arrays_in={"where": mask})
case("standardize/stable", "standardize", [x], algorithm="stable")
case("standardize/given", "standardize", [x], arrays_in={"mean": normal(3, 4, 1), "variance": np.abs(normal(3, 4, 1))})
ids = np.array([[0, 3, -1], [4, 5, 2]], np.int32)
case("one_hot", "one_hot", [ids], grads=False, num_classes=5)
case("one_hot/axis", "one_hot", [ids], grads=False, num_classes=5, axis=0)
case("one_hot/middle", "one_hot", [ids], grads=False, num_classes=5, axis=1)
case("one_hot/float", "one_hot", [ids.astype(np.float32) + np.array([0, 0.5, 0], np.float32)], grads=False, num_classes=5)

q, k, v = normal(2, 5, 4, 3), normal(2, 6, 4, 3), normal(2, 6, 4, 3)
A = "dot_product_attention"
case(A, A, [q, k, v])
case(f"{A}/unbatched", A, [q[0], k[0], v[0]], scale=0.3)
case(f"{A}/bias", A, [q, k, v], arrays_in={"bias": normal(2, 4, 5, 6)})
case(f"{A}/mask", A, [q, k, v], arrays_in={"mask": rng.uniform(size=(2, 1, 5, 6)) < 0.6})
case(f"{A}/causal", A, [q, k, v], is_causal=True)
case(f"{A}/lengths", A, [q, k, v], arrays_in={"query_seq_lengths": np.array([5, 2], np.int32), "key_value_seq_lengths": np.array([3, 6], np.int32)})
case(f"{A}/window", A, [q, k, v], local_window_size=(1, 2))
case(f"{A}/window_one", A, [q, k, v], local_window_size=1, is_causal=True)
case(f"{A}/grouped", A, [q, k[:, :, :2], v[:, :, :2]], arrays_in={"mask": rng.uniform(size=(2, 4, 5, 6)) < 0.7})
case(f"{A}/one_key_head", A, [q, k[:, :, :1], v[:, :, :1]], is_causal=True)
case(f"{A}/residual", A, [q, k, v], return_residual=True)

# Integers are taken as float32, but where the result is one of them.
whole = np.array([-100, -7, -3, -2, -1, 0, 1, 2, 3, 6, 7, 90], np.int32)
ELEMENTWISE = ("relu", "relu6", "sigmoid", "softplus", "sparse_plus", "sparse_sigmoid", "soft_sign", "silu", "log_sigmoid", "leaky_relu",
               "hard_sigmoid", "hard_silu", "hard_tanh", "elu", "celu", "selu", "gelu", "squareplus", "mish", "identity", "tanh")
for fn in ELEMENTWISE:
    if fn not in ("sigmoid", "silu"):  # These refuse them.
        case(f"{fn}/integers", fn, [whole], grads=False)
for fn in ("softmax", "log_softmax", "logsumexp", "logmeanexp", "standardize"):
    case(f"{fn}/integers", fn, [whole.reshape(3, 4)], grads=False, axis=-1)
case("log1mexp/integers", "log1mexp", [whole[6:]], grads=False)
# The ends of the numbers.
ends = np.array([-np.inf, -3e38, -1e20, -104, -88, 88, 89, 1e4, 1e20, 3e38, np.inf, np.nan], np.float32)
for fn in ELEMENTWISE:
    case(f"{fn}/ends", fn, [ends], grads=False)
for fn in ("softmax", "log_softmax", "logsumexp", "logmeanexp", "standardize"):
    for name, row in {"top": [1.0, np.inf, 2.0], "bottom": [-np.inf, 1.0, 2.0], "nan": [1.0, np.nan, 2.0], "none": [-np.inf] * 3, "huge": [3e38, -3e38, 0.0]}.items():
        case(f"{fn}/ends/{name}", fn, [np.array(row, np.float32)], grads=False, axis=-1)

save_file(arrays, os.path.join(OUT, "nn.safetensors"))
with open(os.path.join(OUT, "nn.json"), "w") as f:
    json.dump(cases, f, indent=1)
    f.write("\n")
print(len(cases), "cases")

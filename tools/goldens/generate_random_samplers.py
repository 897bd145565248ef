"""Writes test/goldens/random_samplers.{json,safetensors}: what the real jax.random (0.10.2, CPU) draws.

Run with jax==0.10.2, numpy and safetensors installed: python tools/goldens/generate_random_samplers.py
A case names the function of tanka, its arguments in order (an object {"$t": name} is an array of the safetensors file) and its options.
Cases whose id ends in "/original" were drawn with jax_threefry_partitionable=False.
"""
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import save_file

jax.config.update("jax_platform_name", "cpu")
R = jax.random
OUT = pathlib.Path(__file__).parents[2] / "test" / "goldens"
cases, arrays = [], {}


def put(name, value):
    value = np.asarray(value)
    if value.dtype == np.bool_:
        value = value.astype(np.uint8)
    arrays[name] = np.ascontiguousarray(value)
    return {"$t": name, "shape": list(value.shape), "dtype": str(value.dtype)}


def case(name, fn, value, seed, *args, **options):
    suffix = "" if jax.config.jax_threefry_partitionable else "/original"
    dtype = str(np.asarray(value).dtype)
    cases.append(
        {
            "id": name + suffix,
            "fn": fn,
            "seed": seed,
            "args": [
                put(f"{name}{suffix}/{i}", a) if isinstance(a, np.ndarray) else a for i, a in enumerate(args)
            ],
            "options": {
                k: put(f"{name}{suffix}/{k}", a) if isinstance(a, np.ndarray) else a for k, a in options.items()
            },
            "value": {**put(name + suffix, value), "dtype": dtype},
        }
    )


def k(seed):
    return R.PRNGKey(seed)


def both_schemes():
    """Everything that takes words from a key, across the edge of the library's scratch of 4096 words."""
    for n in (1, 2, 3, 7):
        case(f"split/{n}", "split", R.split(k(42), n), 42, n)
    case("foldIn", "foldIn", R.fold_in(k(42), 7), 42, 7)
    for width, dtype in ((8, jnp.uint8), (16, jnp.uint16), (32, jnp.uint32)):
        for n in (0, 1, 5, 4101):
            case(f"bits/{width}/{n}", "bits", np.asarray(R.bits(k(9), (n,), dtype)).astype(np.uint32), 9, [n], bits=width)
    shape = [41, 101]
    case("uniform", "uniform", R.uniform(k(1), shape), 1, shape)
    case("uniform/range", "uniform", R.uniform(k(1), shape, minval=-0.3, maxval=1.7), 1, shape, minval=-0.3, maxval=1.7)
    case("normal", "normal", R.normal(k(2), shape), 2, shape)
    case("truncatedNormal", "truncatedNormal", R.truncated_normal(k(3), -2.0, 2.0, shape), 3, -2.0, 2.0, shape)
    case("bernoulli", "bernoulli", R.bernoulli(k(4), 0.3, [1001]), 4, 0.3, [1001])
    case("randint", "randint", R.randint(k(5), [1001], -7, 1000003), 5, [1001], -7, 1000003)
    case("permutation", "permutation", R.permutation(k(6), 2003), 6, 2003)
    case("categorical", "categorical", R.categorical(k(7), np.linspace(-1, 1, 15, dtype=np.float32).reshape(3, 5)), 7, np.linspace(-1, 1, 15, dtype=np.float32).reshape(3, 5))
    case("gumbel", "gumbel", R.gumbel(k(8), [257]), 8, [257])
    case("choice", "choice", R.choice(k(9), 50, (7,), replace=False), 9, 50, [7], replace=False)
    case("gamma", "gamma", R.gamma(k(10), 2.5, [17]), 10, 2.5, [17])
    case("poisson", "poisson", R.poisson(k(10), 4.0, [17]), 10, 4.0, [17])


def parameters():
    """Parameters that are arrays, and the ends of ranges."""
    lo = np.array([[-1.0], [0.25], [-3.0]], np.float32)
    hi = np.array([0.5, 2.0, 7.0, 1.5], np.float32)
    case("uniform/tensors", "uniform", R.uniform(k(11), (3, 4), minval=lo, maxval=hi), 11, [3, 4], minval=lo, maxval=hi)
    case("truncatedNormal/tensors", "truncatedNormal", R.truncated_normal(k(12), lo, hi), 12, lo, hi)
    case("truncatedNormal/tensors/shape", "truncatedNormal", R.truncated_normal(k(12), lo, hi, (50, 3, 4)), 12, lo, hi, [50, 3, 4])
    # XLA's erf is 1 from 3.744 on, so both sides of the bound 5.2947.
    edge = np.array([5.2947, 5.2950, 5.31, 5.36, 5.41, 7.0], np.float32)
    case("truncatedNormal/edge", "truncatedNormal", R.truncated_normal(k(13), -edge[:, None], edge, (6, 6)), 13, -edge[:, None], edge, [6, 6])
    for lower, upper in ((-1.5, 3.0), (0.0, 2.0), (-3.0, 0.5), (3.0, 5.0), (-1.0, 1.0), (-5.36, 5.31)):
        case(f"truncatedNormal/{lower}_{upper}", "truncatedNormal", R.truncated_normal(k(13), lower, upper, [500]), 13, lower, upper, [500])
    p = np.array([0.0, 0.1, 0.5, 0.9, 1.0], np.float32)
    case("bernoulli/tensor", "bernoulli", R.bernoulli(k(14), p), 14, p)
    case("bernoulli/tensor/shape", "bernoulli", R.bernoulli(k(14), p, (40, 5)), 14, p, [40, 5])
    case("randint/all", "randint", R.randint(k(15), (300,), np.int32(-(2**31)), np.uint32(2**31)), 15, [300], -(2**31), 2**31)
    case("randint/top", "randint", R.randint(k(15), (300,), 0, np.uint32(2**31)), 15, [300], 0, 2**31)
    case("randint/empty", "randint", R.randint(k(15), (9,), 5, 5), 15, [9], 5, 5)
    case("randint/reversed", "randint", R.randint(k(15), (9,), 5, -5), 15, [9], 5, -5)
    for span in (1, 2, 3, 7, 65535, 65536, 65537, 2**30, 2**30 + 1):
        case(f"randint/span_{span}", "randint", R.randint(k(16), (64,), 0, span), 16, [64], 0, span)
    a, b = np.array([0, -5, 100], np.int32), np.array([[1], [1000]], np.int32)
    case("randint/tensors", "randint", R.randint(k(17), (2, 3), a, b), 17, [2, 3], a, b)
    for n in (0, 1, 1625, 1626, 5000):
        case(f"permutation/{n}", "permutation", R.permutation(k(18), n), 18, n)
    x = np.arange(60, dtype=np.float32).reshape(3, 5, 4)
    for axis in (0, 1, 2, -1):
        case(f"permutation/axis_{axis}", "permutation", R.permutation(k(19), x, axis=axis), 19, x, axis=axis)
    case("permutation/independent", "permutation", R.permutation(k(19), x, axis=1, independent=True), 19, x, axis=1, independent=True)
    i = np.arange(5, 50, dtype=np.int32)
    case("permutation/int32", "permutation", R.permutation(k(19), i), 19, i)
    for n in (1, 2, 5, 100, 1000, 9000):
        p = np.random.default_rng(n).uniform(size=n).astype(np.float32)
        p = p / p.sum(dtype=np.float32)
        draws = max(400, n)
        case(f"choice/p_{n}", "choice", R.choice(k(20), n, (draws,), p=p), 20, n, [draws], p=p)
        if n > 2:
            case(f"choice/p_{n}/no_replace", "choice", R.choice(k(20), n, (n // 2,), replace=False, p=p), 20, n, [n // 2], replace=False, p=p)
    for axis in (0, 1, 2):
        case(f"choice/axis_{axis}", "choice", R.choice(k(21), x, (2, 3), axis=axis), 21, x, [2, 3], axis=axis)
        case(f"choice/axis_{axis}/no_replace", "choice", R.choice(k(21), x, (2,), replace=False, axis=axis), 21, x, [2], replace=False, axis=axis)
    logits = np.random.default_rng(3).standard_normal((3, 4, 5)).astype(np.float32)
    logits[0, 1, 2] = -np.inf
    for axis in (0, 1, 2, -2):
        case(f"categorical/axis_{axis}", "categorical", R.categorical(k(22), logits, axis=axis), 22, logits, axis=axis)
    case("categorical/shape", "categorical", R.categorical(k(22), logits, axis=1, shape=(6, 2, 3, 5)), 22, logits, axis=1, shape=[6, 2, 3, 5])
    case("categorical/broadcast", "categorical", R.categorical(k(22), logits[:1], shape=(7, 1, 4)), 22, logits[:1], shape=[7, 1, 4])
    case("categorical/vector", "categorical", R.categorical(k(22), logits[0, 0], shape=(100,)), 22, logits[0, 0], shape=[100])
    for seed in (2**32 + 5, 2**40 + 7, -(2**31), 2**53 - 1, -(2**33) - 3):
        case(f"key/{seed}", "key", k(seed), seed)
    for seed in (2**63 - 1, -(2**63)):
        case(f"key/{seed}", "key", k(seed), str(seed))


def continuous():
    shape = [600]
    for name in ("exponential", "laplace", "logistic"):
        case(f"{name}/600", name, getattr(R, name)(k(23), shape), 23, shape)
    case("gumbel/5000", "gumbel", R.gumbel(k(24), [5000]), 24, [5000])
    for a in (0.001, 0.1, 0.5, 1.0, 1.5, 3.0, 50.0, 1e5):
        case(f"gamma/{a}", "gamma", R.gamma(k(25), a, shape), 25, a, shape)
    a = np.array([0.2, 1.0, 4.0], np.float32)
    b = np.array([[0.5], [3.0]], np.float32)
    case("gamma/tensor", "gamma", R.gamma(k(26), a), 26, a)
    case("gamma/tensor/shape", "gamma", R.gamma(k(26), a, (30, 3)), 26, a, [30, 3])
    case("beta", "beta", R.beta(k(27), 2.0, 0.5, shape), 27, 2.0, 0.5, shape)
    case("beta/small", "beta", R.beta(k(27), 0.01, 0.02, shape), 27, 0.01, 0.02, shape)
    case("beta/tensors", "beta", R.beta(k(28), a, b), 28, a, b)
    case("dirichlet", "dirichlet", R.dirichlet(k(29), a), 29, a)
    case("dirichlet/shape", "dirichlet", R.dirichlet(k(29), a, (100,)), 29, a, [100])
    many = np.linspace(0.05, 5, 37, dtype=np.float32)
    case("dirichlet/37", "dirichlet", R.dirichlet(k(29), many, (20,)), 29, many, [20])
    for lam in (0.0, 0.3, 4.0, 9.9, 10.0, 37.5, 1000.0, 1e6):
        case(f"poisson/{lam}", "poisson", R.poisson(k(30), lam, shape), 30, lam, shape)
    lam = np.array([0.0, 2.0, 30.0, 8.0], np.float32)
    case("poisson/tensor", "poisson", R.poisson(k(31), lam), 31, lam)
    case("poisson/tensor/shape", "poisson", R.poisson(k(31), lam, (50, 4)), 31, lam, [50, 4])
    mean = np.array([1.0, -2.0, 0.5], np.float32)
    root = np.random.default_rng(5).standard_normal((3, 3)).astype(np.float32)
    cov = (root @ root.T + np.eye(3)).astype(np.float32)
    case("multivariateNormal", "multivariateNormal", R.multivariate_normal(k(32), mean, cov), 32, mean, cov)
    case("multivariateNormal/shape", "multivariateNormal", R.multivariate_normal(k(32), mean, cov, (100,)), 32, mean, cov, [100])
    means = np.stack([mean, -mean])
    covs = np.stack([cov, np.diag([1.0, 4.0, 9.0]).astype(np.float32)])
    case("multivariateNormal/batch", "multivariateNormal", R.multivariate_normal(k(33), means, covs, (4, 2)), 33, means, covs, [4, 2])
    case("multivariateNormal/default", "multivariateNormal", R.multivariate_normal(k(33), means, covs), 33, means, covs)
    root = np.random.default_rng(6).standard_normal((20, 20)).astype(np.float32)
    cov = (root @ root.T + np.eye(20)).astype(np.float32)
    case("multivariateNormal/20", "multivariateNormal", R.multivariate_normal(k(33), np.zeros(20, np.float32), cov, (10,)), 33, np.zeros(20, np.float32), cov, [10])
    for d, p in ((1, 2.0), (3, 2.0), (5, 1.0), (4, 3.5)):
        case(f"ball/{d}_{p}", "ball", R.ball(k(34), d, p, (100,)), 34, d, p, [100])
    case("ball/default", "ball", R.ball(k(34), 3), 34, 3)
    case("doubleSidedMaxwell", "doubleSidedMaxwell", R.double_sided_maxwell(k(35), 0.5, 2.0, (300,)), 35, 0.5, 2.0, [300])
    # From 4096 values on XLA adds the squares up in another order, and scales without fused multiply-adds.
    for n in (1365, 1366, 4095, 4096):
        case(f"doubleSidedMaxwell/{n}", "doubleSidedMaxwell", R.double_sided_maxwell(k(36), 0.7, 1.3, (n,)), 36, 0.7, 1.3, [n])
    loc, scale = np.array([0.0, 10.0], np.float32), np.array([[1.0], [0.1], [5.0]], np.float32)
    case("doubleSidedMaxwell/tensors", "doubleSidedMaxwell", R.double_sided_maxwell(k(35), loc, scale), 35, loc, scale)
    case("doubleSidedMaxwell/tensors/shape", "doubleSidedMaxwell", R.double_sided_maxwell(k(35), loc, scale, (20,)), 35, loc, scale, [20])


both_schemes()
parameters()
continuous()
jax.config.update("jax_threefry_partitionable", False)
both_schemes()
OUT.joinpath("random_samplers.json").write_text(json.dumps(cases, indent=0))
save_file(arrays, OUT / "random_samplers.safetensors")
print(len(cases), "cases,", sum(a.nbytes for a in arrays.values()), "bytes")

"""Random programs that mix what tests mostly try alone, and what Haiku makes of them: parameters, state and outputs.

Writes test/goldens/flows.json. A program is a list of operations on a [2, 4] array, each `[kind, ...]`, that test/haiku/flows.test.ts
runs in the same way. Programs that Haiku refuses are left out, and those that make much of the last digits of their input.
`python tools/goldens/generate_flows.py [count]`.
"""
import json
import random
import sys
import warnings
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np

warnings.filterwarnings("ignore")
NAMES = [None, None, None, "foo", "foo_1", "bar", "lin", "cell_x"]
LETTERS = "pqw"
LEAVES = ["linear"] * 2 + ["param"] * 2 + ["noise"] * 2 + ["keys", "state", "state_rng", "batch_norm", "layer_norm", "mlp", "dropout", "reserve", "replay", "mlp_dropout"]
TREES = ["scope", "cell", "cell", "stack", "stack", "lift", "lift", "lift_state", "scan", "map", "vmap", "vmap", "cond", "switch", "fori", "while", "remat",
         "grad", "getter", "getter", "creator", "creator", "setter", "intercept", "intercept", "with_rng", "reserve_size", "sequential", "deferred",
         "to_module", "batch_apply", "expand_apply", "nested", "eval_shape", "scan_body", "multi"]


def program(r, depth, most=2):
    return [operation(r, depth) for _ in range(r.randint(1, most))]


def spec(r, depth):
    layers = [["linear", None], ["layer_norm"], ["mlp"], ["param", r.choice(LETTERS)], ["linear", "foo"], ["batch_norm"]]
    optional = lambda p: program(r, depth - 1) if r.random() < p else None
    return {
        "init": [r.choice(layers) for _ in range(r.choice([0, 0, 1, 2]))],
        "call": program(r, depth - 1),
        "enc": optional(0.4),
        "transparent": optional(0.2),
        "like": optional(0.2),
        "twice": r.random() < 0.2,
    }


def operation(r, depth):
    if depth <= 0 or r.random() < 0.35:
        kind = r.choice(LEAVES)
        arguments = {
            "linear": lambda: [r.choice(NAMES)],
            "param": lambda: [r.choice(LETTERS)],
            "state": lambda: [r.choice(LETTERS)],
            "state_rng": lambda: [r.choice(LETTERS)],
            "keys": lambda: [r.randint(1, 3)],
            "dropout": lambda: [r.choice([0.0, 0.3])],
            "reserve": lambda: [r.choice([1, 2, 5])],
        }
        return [kind, *arguments.get(kind, list)()]
    kind = r.choice(TREES)
    body = lambda most=2: program(r, depth - 1, most)
    arguments = {
        "scope": lambda: [r.choice(["a", "b/c", "b", "foo", "cell_x"]), r.choice(["__call__", "__call__", "enc", "__init__"]), body()],
        "cell": lambda: [r.choice(NAMES), spec(r, depth)],
        "deferred": lambda: [r.choice(NAMES), spec(r, depth)],
        "map": lambda: [r.choice(NAMES), spec(r, depth)],
        "while": lambda: [r.choice(NAMES), spec(r, depth), r.choice([1, 3])],
        "fori": lambda: [r.choice(NAMES), spec(r, depth), r.choice([0, 1]), r.choice([1, 3])],
        "stack": lambda: [r.choice([1, 2, 3]), r.choice(["plain", "plain", "inputs", "reverse"]), r.choice([None, "stk"]), body()],
        "lift": lambda: [r.choice(["lifted", "foo"]), r.random() < 0.3, r.random() < 0.5, body()],
        "lift_state": lambda: [r.choice(["lifted", "foo"]), r.random() < 0.3, body()],
        "scan": lambda: [r.choice([0, 1, 2, 3]), r.random() < 0.3, r.choice(NAMES), spec(r, depth)],
        "scan_body": lambda: [1, body()],
        "vmap": lambda: [r.random() < 0.5, body()],
        "cond": lambda: [r.choice(["true", "false", "data"]), body()],
        "switch": lambda: [r.choice([-1, 0, 1, 5]), body(), r.choice([1, 2, 3])],
        "getter": lambda: [r.choice("abcd"), body(3)],
        "creator": lambda: [r.choice("abcd"), body(3)],
        "intercept": lambda: [r.choice("abcd"), body(3)],
        "with_rng": lambda: [r.choice([0, 3, -1]), body()],
        "reserve_size": lambda: [r.choice([1, 3, 7]), body(3)],
        "sequential": lambda: [[body(1) for _ in range(r.randint(1, 3))]],
        "multi": lambda: [body(), body()],
    }
    return [kind, *arguments.get(kind, lambda: [body()])()]


class Cell(hk.Module):
    def __init__(self, spec, name=None):
        super().__init__(name=name)
        self.spec = spec
        self.layers = [self.layer(*op) for op in spec["init"]]

    @hk.transparent
    def layer(self, kind, name=None):
        if kind == "linear":
            return hk.Linear(4, name=name)
        if kind == "layer_norm":
            return hk.LayerNorm(-1, True, True)
        if kind == "batch_norm":
            norm = hk.BatchNorm(True, True, 0.9)
            return lambda x: norm(x, True)
        if kind == "mlp":
            return hk.nets.MLP([3, 4])
        p = hk.get_parameter(name, [4], init=hk.initializers.RandomNormal())
        return lambda x: x * (1 + p)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        if self.spec["transparent"]:
            x = self.helper(x)
        if self.spec["like"]:
            x = self.like(x)
        return run(self.spec["call"], x)

    def enc(self, x):
        return run(self.spec["enc"], x)

    @hk.transparent
    def helper(self, x):
        return run(self.spec["transparent"], x)

    @hk.name_like("__call__")
    def like(self, x):
        return run(self.spec["like"], x)


def use(cell, x):
    x = cell(x)
    if cell.spec["enc"]:
        x = cell.enc(x)
    return cell(x) if cell.spec["twice"] else x


def run(ops, x):
    for kind, *arguments in ops:
        x = globals()["op_" + kind](x, *arguments)
    return x


def add_noise(x, key, shape):
    return x + 0.1 * jax.random.normal(key, shape)


NORMAL = hk.initializers.RandomNormal()
op_linear = lambda x, name: hk.Linear(4, name=name)(x)
op_param = lambda x, name: x * (1 + 0.1 * hk.get_parameter(name, [4], init=NORMAL))
op_noise = lambda x: add_noise(x, hk.next_rng_key(), x.shape)
op_batch_norm = lambda x: hk.BatchNorm(True, True, 0.9)(x, True)
op_layer_norm = lambda x: hk.LayerNorm(-1, True, True)(x)
op_mlp = lambda x: hk.nets.MLP([3, 4])(x)
op_mlp_dropout = lambda x: hk.nets.MLP([4, 4])(x, dropout_rate=0.2, rng=hk.next_rng_key())
op_dropout = lambda x, rate: hk.dropout(hk.next_rng_key(), rate, x)
op_cell = lambda x, name, spec: use(Cell(spec, name=name), x)
op_deferred = lambda x, name, spec: hk.Deferred(lambda: Cell(spec, name=name))(x)
op_remat = lambda x, ops: hk.remat(lambda v: run(ops, v))(x)
op_grad = lambda x, ops: x + 0.1 * hk.grad(lambda v: jnp.sum(jnp.tanh(run(ops, v))))(x)
op_scan_body = lambda x, length, ops: hk.scan(lambda c, _: (run(ops, c), None), x, None, length=length)[0]
op_vmap = lambda x, split, ops: hk.vmap(lambda row: run(ops, row[None])[0], split_rng=split and not hk.running_init())(x)
op_switch = lambda x, index, ops, n: hk.switch(index, [lambda v, i=i: run(ops, v) * (1 + i) for i in range(n)], x)
op_sequential = lambda x, programs: hk.Sequential([lambda v, ops=ops: run(ops, v) for ops in programs])(x)
op_batch_apply = lambda x, ops: hk.BatchApply(lambda v: run(ops, v))(x[:, None])[:, 0]
op_expand_apply = lambda x, ops: hk.expand_apply(lambda v: hk.BatchApply(lambda w: run(ops, w))(v))(x)


def op_keys(x, n):
    for key in hk.next_rng_keys(n):
        x = add_noise(x, key, ())
    return x


def op_state(x, name):
    count = hk.get_state("s" + name, [], init=jnp.zeros)
    hk.set_state("s" + name, count + 1 + jnp.mean(x))
    return x + 0.1 * count


def op_state_rng(x, name):
    value = hk.get_state("r" + name, [4], init=NORMAL)
    hk.set_state("r" + name, value * 1.5)
    return x + 0.1 * value


def op_reserve(x, n):
    hk.reserve_rng_keys(n)
    return x


def op_replay(x):
    state = hk.maybe_get_rng_sequence_state()
    x = add_noise(x, hk.next_rng_key(), ())
    hk.replace_rng_sequence_state(state)
    return add_noise(x, hk.next_rng_key(), ())


def op_scope(x, name, method, ops):
    with hk.name_scope(name, method_name=method):
        return run(ops, x)


def op_stack(x, n, mode, name, ops):
    if mode != "inputs":
        return hk.layer_stack(n, name=name)(lambda v: run(ops, v))(x, reverse=mode == "reverse")

    def layer(v, shift):
        v = run(ops, v + shift)
        return v, jnp.sum(v)

    v, sums = hk.layer_stack(n, with_per_layer_inputs=True, name=name)(layer)(x, jnp.arange(n, dtype=jnp.float32))
    return v + 0.1 * jnp.sum(sums)


def op_lift(x, name, transparent, allow_reuse, ops):
    inner = hk.transform(lambda v: run(ops, v))
    lifted = hk.transparent_lift(inner.init, allow_reuse=allow_reuse) if transparent else hk.lift(inner.init, allow_reuse=allow_reuse, name=name)
    return inner.apply(lifted(hk.next_rng_key(), x), hk.next_rng_key(), x)


def op_lift_state(x, name, transparent, ops):
    inner = hk.transform_with_state(lambda v: run(ops, v))
    lifted, updater = hk.transparent_lift_with_state(inner.init) if transparent else hk.lift_with_state(inner.init, name=name)
    params, state = lifted(hk.next_rng_key(), x)
    y, state = inner.apply(params, state, hk.next_rng_key(), x)
    updater.update(state)
    return y


def op_scan(x, n, reverse, name, spec):
    cell = Cell(spec, name=name)

    def step(carry, shift):
        carry = use(cell, carry + shift)
        return carry, jnp.sum(carry)

    carry, sums = hk.scan(step, x, jnp.arange(n, dtype=jnp.float32) * 0.1, reverse=reverse)
    return carry + 0.1 * jnp.sum(sums)


def op_map(x, name, spec):
    cell = Cell(spec, name=name)
    return hk.map(lambda row: use(cell, row[None])[0], x)


def op_while(x, name, spec, n):
    cell = Cell(spec, name=name)
    if hk.running_init():
        return use(cell, x)
    return hk.while_loop(lambda c: c[0] < n, lambda c: (c[0] + 1, use(cell, c[1])), (jnp.zeros([], jnp.int32), x))[1]


def op_fori(x, name, spec, lower, upper):
    cell = Cell(spec, name=name)
    return hk.fori_loop(lower, upper, lambda i, v: use(cell, v) + 0.1 * i, x)


def op_cond(x, which, ops):
    pred = {"true": True, "false": False, "data": jnp.mean(x) > 0}[which]
    return hk.cond(pred, lambda v: run(ops, v), lambda v: run(ops, v) * 0.5, x)


def op_getter(x, how, ops):
    def getter(next_getter, value, context):
        if how == "a":
            return next_getter(value * 0.5)
        if how == "b":
            return next_getter(value) * 2 if context.name == "w" else next_getter(value)
        if how == "c":
            return value if context.module_name == "~" else next_getter(value)
        return next_getter(next_getter(value) * 1.25)

    with hk.custom_getter(getter, state=how == "a"):
        return run(ops, x)


def op_creator(x, how, ops):
    def creator(next_creator, shape, dtype, init, context):
        if how == "a":
            return next_creator(shape, dtype, init) * 0.5
        if how == "b":
            return next_creator(shape, dtype, lambda s, d: jnp.full(s, 0.25, d))
        if how == "c" and context.name in ("w", "p"):
            return next_creator(shape, dtype, hk.initializers.RandomUniform(-1, 1))
        return init(shape, dtype) if how == "d" and context.name == "b" else next_creator(shape, dtype, init)

    with hk.custom_creator(creator, state=how == "a"):
        return run(ops, x)


def op_setter(x, ops):
    with hk.custom_setter(lambda next_setter, v, context: next_setter(v * 2 if v.shape == () and v.dtype == jnp.float32 else v)):
        return run(ops, x)


def op_intercept(x, how, ops):
    def interceptor(next_f, args, kwargs, context):
        called = context.method_name == "__call__"
        if how == "a" and called and args and isinstance(args[0], jax.Array) and args[0].dtype == jnp.float32:
            return next_f(args[0] * 0.9, *args[1:], **kwargs)
        if how == "b" and (called or context.method_name == "enc") and isinstance(context.module, (hk.Linear, Cell)):
            return next_f(*args, **kwargs) * 1.1
        if how == "c" and called and isinstance(context.module, hk.LayerNorm):
            return args[0]
        if how == "d" and called and isinstance(context.module, hk.Linear):
            return next_f(*args, **kwargs) + next_f(*args, **kwargs)
        return next_f(*args, **kwargs)

    with hk.intercept_methods(interceptor):
        return run(ops, x)


def op_with_rng(x, seed, ops):
    with hk.with_rng(seed):
        return run(ops, x)


def op_reserve_size(x, size, ops):
    with hk.config.context(rng_reserve_size=size):
        return run(ops, x)


def op_to_module(x, ops):
    def my_fn(v):
        return run(ops, v)

    return hk.to_module(my_fn)()(x)


def op_nested(x, ops):
    inner = hk.transform_with_state(lambda v: run(ops, v))
    params, state = inner.init(hk.next_rng_key(), x)
    y, state = inner.apply(params, state, hk.next_rng_key(), x)
    return inner.apply(params, state, hk.next_rng_key(), y)[0]


def op_eval_shape(x, ops):
    assert hk.eval_shape(lambda v: run(ops, v), x).shape == x.shape
    return x


def op_multi(x, first, second):
    def f():
        shared = hk.Linear(4, name="shared")
        one, two = lambda v: run(first, shared(v)), lambda v: run(second, shared(v))
        return lambda v: two(one(v)), (one, two)

    inner = hk.multi_transform_with_state(f)
    params, state = inner.init(hk.next_rng_key(), x)
    y, state = inner.apply[0](params, state, hk.next_rng_key(), x)
    return inner.apply[1](params, state, hk.next_rng_key(), y)[0]


X = jnp.asarray(np.random.RandomState(1).uniform(-1, 1, (2, 4)).astype(np.float32))


def outcome(ops, x=X):
    model = hk.transform_with_state(lambda v: run(ops, v))
    params, state = model.init(jax.random.PRNGKey(42), x)
    y, after = model.apply(params, state, jax.random.PRNGKey(7), x)
    return {"params": params, "state": state, "y": y, "after": after}


def distance(a, b):
    pairs = zip(jax.tree_util.tree_leaves(a), jax.tree_util.tree_leaves(b))
    return max((float(np.max(np.abs(p - q), initial=0) / max(np.max(np.abs(p), initial=0), 1e-3)) for p, q in pairs), default=0)


def numbers(tree):
    """Shape and all values of each array; short decimals give the same float32."""
    return jax.tree_util.tree_map(lambda v: [list(v.shape), [float(np.format_float_positional(w)) for w in np.asarray(v).astype(np.float32).ravel()]], tree)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    r = random.Random(5)
    kept = []
    while len(kept) < count:
        ops = program(r, r.choice([1, 2, 2, 3]), 4)
        if not 60 < len(json.dumps(ops)) < 700:
            continue
        try:
            result = outcome(ops)
            moved = outcome(ops, X * (1 + 1e-5))
        except Exception:  # noqa: BLE001 - whatever Haiku refuses
            continue
        size = sum(v.size for v in jax.tree_util.tree_leaves(result))
        if size > 250 or not distance([result["y"], result["state"], result["after"]], [moved["y"], moved["state"], moved["after"]]) < 2e-4:
            continue
        kept.append({"program": ops, **numbers(result)})
    path = Path(__file__).parents[2] / "test/goldens/flows.json"
    lines = [json.dumps(case, separators=(",", ":")) for case in [{"x": numbers(X)}, *kept]]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(len(kept), "programs", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

"""Random programs of modules, and the parameters that Haiku makes of them: names, order and first bits.

Writes test/goldens/names.json. A program is a list of operations, each `[kind, ...]`, that test/haiku/names.test.ts runs in the same
way. `python tools/goldens/generate_names.py [count]`.
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
METHODS = ["__call__", "enc", "feed_forward", "_hidden", "prop", "helper", "like_call", "like_other"]
CLASSES = ["Node", "Conv2DLSTM", "Child"]
NAMES = [None, None, None, "foo", "foo_1", "foo_2", "foo_10", "foo_0", "foo_007", "foo_", "bar", "_x", "node", "node_1"]
SCOPES = ["a", "b/c", "b", "foo", "node"]
WRAPPERS = ["vmap", "grad", "cond", "remat", "eval_shape", "scan", "fori"]


def rand_ops(rng, depth, most=4, where="call"):
    return [rand_op(rng, depth, where) for _ in range(rng.randint(0 if depth < 3 else 1, most))]


def rand_op(rng, depth, where):
    if depth <= 0:
        return rng.choice([["param", rng.choice("wvb")], ["make", "Node", rng.choice(NAMES), {}], ["call", rng.randrange(6), "__call__"]])
    kind = rng.choice(["make"] * 5 + ["call"] * 6 + ["param"] * 3 + ["scope", "force", "to_module", "deferred", "lift", "wrap"] + (["super"] if where == "child" else []))
    if kind == "make":
        cls = rng.choice(CLASSES)
        where_call = "child" if cls == "Child" else "call"
        spec = {"__init__": rand_ops(rng, depth - 1, 2), "__call__": rand_ops(rng, depth - 1, 3, where_call), "base": rand_ops(rng, depth - 1, 2)}
        for method in rng.sample(METHODS[1:], 2):
            spec[method] = rand_ops(rng, depth - 1, 2)
        return ["make", cls, rng.choice(NAMES), spec]
    if kind == "call":
        return ["call", rng.randrange(6), rng.choice(METHODS[:1] * 4 + METHODS)]
    if kind == "param":
        return ["param", rng.choice("wvb")]
    if kind == "scope":
        return ["scope", rng.choice(SCOPES), rng.choice(["__call__", "__call__", "enc", "__init__"]), rand_ops(rng, depth - 1, 3)]
    if kind == "force":
        return ["force", rng.choice(["foo", "q/~/r", "node", "z/~enc/y_3"]), {"__call__": rand_ops(rng, depth - 1, 2)}]
    if kind == "to_module":
        return ["to_module", rng.choice([None, "foo", "tm_2"]), rand_ops(rng, depth - 1, 2)]
    if kind == "deferred":
        return ["deferred", rng.choice(NAMES), {"__call__": rand_ops(rng, depth - 1, 2)}]
    if kind == "lift":
        return ["lift", rng.choice(["lifted", "foo"]), rng.random() < 0.3, rng.random() < 0.5, rand_ops(rng, depth - 1, 2)]
    if kind == "wrap":
        return ["wrap", rng.choice(WRAPPERS), rand_ops(rng, depth - 1, 2)]
    return ["super"]


class Run:
    """The state of a running program."""

    def __init__(self):
        self.modules = []
        self.depth = 0


RUN = Run()


def run(ops, module=None):
    RUN.depth += 1
    if RUN.depth > 12:
        raise RecursionError
    try:
        for op in ops:
            step(op, module)
    finally:
        RUN.depth -= 1


def call(module, method):
    if method == "prop":
        module.prop
    else:
        getattr(module, method)()


def step(op, module):
    kind, *args = op
    if kind == "param":
        hk.get_parameter(args[0], [], init=hk.initializers.RandomNormal())
    elif kind == "make":
        cls, name, spec = args
        RUN.modules.append({"Node": Node, "Conv2DLSTM": Conv2DLSTM, "Child": Child}[cls](spec, name=name))
    elif kind == "call":
        index, method = args
        if RUN.modules:
            chosen = RUN.modules[index % len(RUN.modules)]
            call(chosen, method if isinstance(chosen, Node) else "__call__")
    elif kind == "scope":
        name, method, ops = args
        with hk.name_scope(name, method_name=method):
            run(ops, module)
    elif kind == "force":
        name, spec = args
        RUN.modules.append(Node(spec, name=hk.force_name(name)))
    elif kind == "to_module":
        name, ops = args

        def my_function():
            run(ops)

        RUN.modules.append(hk.to_module(my_function)(name))
    elif kind == "deferred":
        name, spec = args
        RUN.modules.append(hk.Deferred(lambda: Node(spec, name=name)))
    elif kind == "lift":
        name, transparent, allow_reuse, ops = args
        outer = RUN.modules

        def inner():
            RUN.modules = []
            run(ops)

        try:
            init = hk.transform(inner).init
            lifted = hk.transparent_lift(init, allow_reuse=allow_reuse) if transparent else hk.lift(init, allow_reuse=allow_reuse, name=name)
            lifted(hk.next_rng_key())
        finally:
            RUN.modules = outer
    elif kind == "wrap":
        wrap(args[0], args[1])
    elif kind == "super":
        module.super_call()


def wrap(kind, ops):
    # Modules made inside belong to the inside: outside, their numbers would be others.
    outer = RUN.modules

    def body():
        RUN.modules = list(outer)
        run(ops)

    try:
        if kind == "vmap":
            hk.vmap(lambda x: (body(), x)[1], split_rng=False)(jnp.ones([2]))
        elif kind == "grad":
            hk.grad(lambda x: (body(), x)[1])(1.0)
        elif kind == "cond":
            hk.cond(True, lambda: (body(), 1.0)[1], lambda: (body(), 2.0)[1])
        elif kind == "remat":
            hk.remat(body)()
        elif kind == "eval_shape":
            hk.eval_shape(body)
        elif kind == "scan":
            hk.scan(lambda c, _: (body(), (c, None))[1], 0.0, None, length=2)
        elif kind == "fori":
            hk.fori_loop(0, 2, lambda _, v: (body(), v)[1], 0.0)
    finally:
        RUN.modules = outer


class Node(hk.Module):
    def __init__(self, spec, name=None):
        super().__init__(name=name)
        self.spec = spec
        run(spec.get("__init__", []), self)

    def __call__(self):
        run(self.spec.get("__call__", []), self)

    def enc(self):
        run(self.spec.get("enc", []), self)

    def feed_forward(self):
        run(self.spec.get("feed_forward", []), self)

    def _hidden(self):
        run(self.spec.get("_hidden", []), self)

    @property
    def prop(self):
        run(self.spec.get("prop", []), self)

    @hk.transparent
    def helper(self):
        run(self.spec.get("helper", []), self)

    @hk.name_like("__call__")
    def like_call(self):
        run(self.spec.get("like_call", []), self)

    @hk.name_like("zz")
    def like_other(self):
        run(self.spec.get("like_other", []), self)


class Conv2DLSTM(Node):
    pass


class Base(Node):
    def __call__(self):
        run(self.spec.get("base", []), self)


class Child(Base):
    def __call__(self):
        run(self.spec.get("__call__", []), self)

    @hk.transparent
    def super_call(self):
        super().__call__()


def outcome(program):
    RUN.modules = []
    RUN.depth = 0
    try:
        params = hk.transform(lambda: run(program)).init(jax.random.PRNGKey(42))
    except RecursionError:
        return None
    except Exception as error:  # noqa: BLE001 - whatever Haiku refuses, the port refuses too
        return {"error": type(error).__name__, "message": str(error)[:80]}
    return {"params": [[m, n, int(np.asarray(v).view(np.uint32))] for m, bundle in params.items() for n, v in bundle.items()]}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rng = random.Random(7)
    kept, errors = [], 0
    while len(kept) < count:
        program = rand_ops(rng, 3, 6)
        if len(json.dumps(program)) > 1500:
            continue
        result = outcome(program)
        # Long programs whose parts mostly never run say little.
        if result is None or ("params" in result and len(result["params"]) < 2):
            continue
        if "error" in result:
            errors += 1
            if errors > count / 4:
                continue
        kept.append({"program": program, **result})
    path = Path(__file__).parents[2] / "test/goldens/names.json"
    path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in kept) + "\n]\n")
    sizes = [len(case.get("params", [])) for case in kept]
    print(len(kept), "programs,", sum(1 for case in kept if "error" in case), "refused,", sum(sizes), "parameters", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

"""Differential runs against Optax 0.2.8: every optimizer, with default and with drawn arguments, 20 steps on drawn trees; and the
names and values that inject_hyperparams finds for each.

    pip install optax safetensors numpy && python tools/goldens/generate_optax_runs.py test/goldens
"""
import json, sys
import numpy as np
import jax, jax.numpy as jnp, optax
from safetensors.numpy import save_file

OUT = sys.argv[1] if len(sys.argv) > 1 else "."
STEPS = 20
rng = np.random.default_rng(9)
arrays, cases = {}, []


def put(name, value):
    arrays[name] = np.ascontiguousarray(np.asarray(value, np.float32))
    return {"$t": name, "shape": list(np.shape(value))}


def draw_tree(depth=0):
    """Objects and arrays in each other, of arrays of no to four axes."""
    kind = rng.integers(0, 3) if depth else rng.integers(0, 2)
    if kind == 2 or depth == 3:
        return np.asarray(rng.standard_normal(tuple(rng.integers(1, 4, rng.integers(0, 5)))), np.float32)
    children = [draw_tree(depth + 1) for _ in range(rng.integers(1, 4))]
    return children if kind == 1 else {f"k{i}": child for i, child in enumerate(children)}


def named(prefix, tree):
    return jax.tree_util.tree_map_with_path(
        lambda path, x: put("/".join([prefix, *(str(getattr(k, "key", getattr(k, "idx", k))) for k in path)]), x), tree)


def draw(low, high):
    return float(np.float32(rng.uniform(low, high)))


OPTIMIZERS = {
    "adabelief": dict(b1=draw(.5, .95), b2=draw(.9, .99), eps=1e-8, eps_root=1e-8),
    "adadelta": dict(rho=draw(.5, .95), eps=1e-4, weight_decay=draw(0, .1)),
    "adafactor": dict(min_dim_size_to_factor=2, decay_rate=draw(.5, .9), momentum=draw(.5, .9), weight_decay_rate=draw(0, .1)),
    "adagrad": dict(initial_accumulator_value=draw(.1, 1), eps=1e-4),
    "adam": dict(b1=draw(.5, .95), b2=draw(.9, .99), eps=1e-4, eps_root=1e-5, nesterov=True),
    "adamax": dict(b1=draw(.5, .95), b2=draw(.9, .99), eps=1e-4),
    "adamaxw": dict(b1=draw(.5, .95), weight_decay=draw(0, .1)),
    "adamw": dict(b1=draw(.5, .95), b2=draw(.9, .99), weight_decay=draw(0, .1), nesterov=True),
    "adan": dict(b1=draw(.5, .95), b2=draw(.5, .95), b3=draw(.9, .99), weight_decay=draw(0, .1)),
    "amsgrad": dict(b1=draw(.5, .95), b2=draw(.9, .99), bias_correction_mu=False, bias_correction_nu=False),
    "fromage": dict(min_norm=1e-3),
    "lamb": dict(b1=draw(.5, .95), b2=draw(.9, .99), weight_decay=draw(0, .1)),
    "lars": dict(weight_decay=draw(0, .1), trust_coefficient=draw(.01, .1), eps=1e-3, momentum=draw(.5, .9), nesterov=True),
    "lion": dict(b1=draw(.5, .95), b2=draw(.9, .99), weight_decay=draw(0, .1)),
    "nadam": dict(b1=draw(.5, .95), b2=draw(.9, .99)),
    "nadamw": dict(b1=draw(.5, .95), weight_decay=draw(0, .1)),
    "novograd": dict(b1=draw(.5, .95), b2=draw(.1, .5), weight_decay=draw(0, .1)),
    "optimistic_adam_v2": dict(alpha=draw(.5, 1), beta=draw(.1, 1), b1=draw(.5, .95)),
    "optimistic_gradient_descent": dict(alpha=draw(.5, 1), beta=draw(.1, 1)),
    "radam": dict(b1=draw(.5, .95), b2=draw(.9, .99), threshold=4.0, nesterov=True),
    "rmsprop": dict(decay=draw(.5, .95), initial_scale=draw(.1, 1), eps_in_sqrt=False, momentum=draw(.5, .9), nesterov=True),
    "rprop": dict(eta_minus=draw(.3, .6), eta_plus=draw(1.1, 1.4), min_step_size=1e-3, max_step_size=draw(.1, .2)),
    "sgd": dict(momentum=draw(.5, .9), nesterov=True),
    "sign_sgd": dict(),
    "signum": dict(beta=draw(.5, .9)),
    "sm3": dict(momentum=draw(.5, .9)),
    "yogi": dict(b1=draw(.5, .95), b2=draw(.9, .99)),
}
# One transformation, then a scale; its first argument beside its options.
SINGLE = {
    "adaptive_grad_clip": ([draw(.05, .5)], dict(eps=1e-2)),
    "add_decayed_weights": ([draw(.05, .5)], {}),
    "centralize": ([], {}),
    "clip": ([draw(.1, 1)], {}),
    "clip_by_block_rms": ([draw(.1, 1)], {}),
    "clip_by_global_norm": ([draw(.5, 2)], {}),
    "ema": ([draw(.5, .9)], dict(debias=False)),
    "normalize_by_update_norm": ([], dict(scale_factor=draw(.5, 2))),
    "scale_by_param_block_norm": ([], {}),
    "scale_by_param_block_rms": ([], {}),
    "trace": ([draw(.5, .9)], dict(nesterov=True)),
}
NEEDS_RATE_ONLY = {"sm3", "rprop"}

# Optax' SM3 fails on scalars, and its trees of state are those of its arrays.
def no_scalars(tree):
    return jax.tree.map(lambda x: np.reshape(x, (1,)) if x.ndim == 0 else x, tree)


trees = []
for t in range(3):
    params = draw_tree()
    grads = [jax.tree.map(lambda p: np.asarray(rng.standard_normal(np.shape(p)) * 2, np.float32), params) for _ in range(STEPS)]
    if t == 2:  # Zeros, for signs and roots.
        grads = [jax.tree.map(lambda g: np.asarray(g * (rng.random(np.shape(g)) < .7), np.float32), g) for g in grads]
    trees.append((params, grads))
    cases.append({"id": f"tree {t}", "params": named(f"{t}/params", params), "grads": [named(f"{t}/grads/{i}", g) for i, g in enumerate(grads)]})


def run(cid, tx, t, **spec):
    params, grads = jax.tree.map(jnp.asarray, trees[t])
    if spec["name"] == "sm3":
        params, grads = no_scalars(params), [no_scalars(g) for g in grads]
    state = tx.init(params)
    for g in grads:
        updates, state = tx.update(g, state, params)
        params = optax.apply_updates(params, updates)
    cases.append({"id": cid, "tree": t, **spec, "updates": named(f"{cid}/updates", updates), "params": named(f"{cid}/params", params)})


for name, drawn in OPTIMIZERS.items():
    factory = getattr(optax, name)
    rate = draw(.01, .1)
    for t in range(3):
        run(f"{name} {t}", factory(rate, **drawn), t, name=name, args=[rate], options=drawn)
    run(f"{name} defaults", factory(rate), 0, name=name, args=[rate], options={})
    if name not in NEEDS_RATE_ONLY:
        schedule = optax.exponential_decay(rate, 5, .5)
        run(f"{name} scheduled", factory(schedule), 1, name=name, schedule=[rate, 5, .5], args=[], options={})
    hyperparams = optax.inject_hyperparams(factory)(rate).init({"w": jnp.zeros(2)}).hyperparams
    # Optax takes this class, a callable, for a schedule.
    hyperparams.pop("dtype_momentum", None)
    cases.append({"id": f"{name} injected", "name": name, "rate": rate, "hyperparams": {k: float(v) for k, v in hyperparams.items()}})
for name, (args, options) in SINGLE.items():
    for t in range(3):
        run(f"{name} {t}", optax.chain(getattr(optax, name)(*args, **options), optax.scale(-.1)), t, name=name, single=True, args=args, options=options)
run("adafactor no rate", optax.adafactor(), 1, name="adafactor", args=[None], options={})
mean_rate = optax.inject_hyperparams(optax.adamw)(.05, weight_decay=optax.linear_schedule(.1, 0., 10))
run("inject adamw", mean_rate, 1, name="inject", args=[], options={})
named_chain = optax.named_chain(("clip", optax.clip(.5)), ("adam", optax.adam(.05)))
run("named chain", named_chain, 0, name="named_chain", args=[], options={})

# After all others, whose draws stay what they were.
ADDED = {"noisy_sgd": dict(eta=.05, gamma=.4, key=7)}
for name, options in ADDED.items():
    for t in range(3):
        run(f"{name} {t}", getattr(optax, name)(.05, **options), t, name=name, args=[.05], options=options)
    run(f"{name} scheduled", getattr(optax, name)(optax.exponential_decay(.05, 5, .5), key=0), 1, name=name, schedule=[.05, 5, .5], args=[], options=dict(key=0))
    hyperparams = optax.inject_hyperparams(getattr(optax, name))(.05).init({"w": jnp.zeros(2)}).hyperparams
    cases.append({"id": f"{name} injected", "name": name, "rate": .05, "hyperparams": {k: float(v) for k, v in hyperparams.items()}})
ADDED_SINGLE = {
    "add_noise": ([.05, .4], dict(key=3)),
    "scale_by_lbfgs": ([], dict(memory_size=3)),
    "scale_by_lbfgs plain": ([], dict(memory_size=2, scale_init_precond=False)),
}
for title, (args, options) in ADDED_SINGLE.items():
    name = title.split(" ")[0]
    # Gradients that are drawn have no Hessian: of the third tree, the plain form makes more of a rounding than the tests allow.
    for t in range(2 if title.endswith("plain") else 3):
        run(f"{title} {t}", optax.chain(getattr(optax, name)(*args, **options), optax.scale(-.01)), t, name=name, single=True, scale=-.01, args=args, options=options)

save_file(arrays, f"{OUT}/optax-runs.safetensors")
with open(f"{OUT}/optax-runs.json", "w") as file:
    json.dump(cases, file, separators=(",", ":"))
    file.write("\n")

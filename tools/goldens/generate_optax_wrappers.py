"""Goldens from Optax 0.2.8 of what optax.json lacks: wrappers, clipping, further optimizers, schedules and losses.

    pip install optax safetensors numpy && python tools/goldens/generate_optax_wrappers.py test/goldens
"""
import json, sys
import numpy as np
import jax, jax.numpy as jnp, optax
from safetensors.numpy import save_file

OUT = sys.argv[1] if len(sys.argv) > 1 else "."
arrays, cases = {}, []
rng = np.random.default_rng(11)


def put(name, value):
    arrays[name] = np.ascontiguousarray(np.asarray(value))
    return {"$t": name, "shape": list(np.shape(value)), "dtype": str(arrays[name].dtype)}


def tree(name, value):
    return jax.tree_util.tree_map_with_path(lambda p, x: put(name + "/" + "/".join(str(getattr(k, "key", getattr(k, "name", k))) for k in p), x), value)


params = {"a": {"w": rng.standard_normal((4, 3)).astype(np.float32), "b": rng.standard_normal(3).astype(np.float32)}, "c": {"k": rng.standard_normal((2, 2, 3, 4)).astype(np.float32)}}
grads = [jax.tree.map(lambda p: (rng.standard_normal(np.shape(p)) * 2).astype(np.float32), params) for _ in range(6)]
bad = [jax.tree.map(np.copy, g) for g in grads]
bad[1]["a"]["b"][1] = np.nan
bad[3]["c"]["k"][0] = np.inf
bad[4]["a"]["w"][0] = np.nan
cases.append({"id": "inputs", "params": tree("params", params), "grads": [tree(f"grads/{i}", g) for i, g in enumerate(grads)], "bad": [tree(f"bad/{i}", g) for i, g in enumerate(bad)]})


def run(cid, tx, gs=grads, which="grads"):
    p, s, steps = params, tx.init(params), []
    for i, g in enumerate(gs):
        u, s = tx.update(g, s, p)
        p = optax.apply_updates(p, u)
        steps.append({"updates": tree(f"{cid}/u{i}", u), "params": tree(f"{cid}/p{i}", p)})
    cases.append({"id": cid, "grads": which, "steps": steps})


mask = {"a": {"w": True, "b": False}, "c": {"k": True}}
run("masked", optax.masked(optax.adam(0.1), mask))
run("adamw mask", optax.adamw(0.1, weight_decay=0.3, mask=mask))
run("multi_transform", optax.multi_transform({"fast": optax.adam(0.1), "slow": optax.sgd(0.01, momentum=0.9), "frozen": optax.set_to_zero()}, {"a": {"w": "fast", "b": "frozen"}, "c": "slow"}))
run("apply_if_finite", optax.apply_if_finite(optax.adam(0.1), 1), bad, "bad")
run("zero_nans", optax.chain(optax.zero_nans(), optax.clip(1.0), optax.sgd(0.1)), bad, "bad")
run("inject", optax.inject_hyperparams(optax.adam, static_args=("b2", "eps", "eps_root"))(learning_rate=optax.linear_schedule(0.1, 0.01, 4), b1=0.8))
run("multi_steps sum", optax.MultiSteps(optax.adam(0.1), 2, use_grad_mean=False))
run("adamaxw", optax.adamaxw(0.1, weight_decay=0.1))
run("nadamw", optax.nadamw(0.1, weight_decay=0.1))
run("signum", optax.signum(0.1))
run("ema", optax.chain(optax.ema(0.9), optax.scale(-0.1)))
run("block_rms", optax.chain(optax.clip_by_block_rms(0.5), optax.scale(-0.1)))
run("adaptive_clip", optax.chain(optax.adaptive_grad_clip(0.1), optax.scale(-0.1)))
run("nonnegative", optax.chain(optax.sgd(0.3), optax.keep_params_nonnegative()))
run("rmsprop corrected", optax.rmsprop(0.1, bias_correction=True, eps_in_sqrt=False, initial_scale=0.1))
run("rmsprop centered corrected", optax.rmsprop(0.1, centered=True, bias_correction=True, momentum=0.5, nesterov=True))
run("adabelief nesterov", optax.adabelief(0.1, nesterov=True))
run("adadelta decay", optax.adadelta(0.5, weight_decay=0.1))
run("decay schedule", optax.chain(optax.add_decayed_weights(optax.linear_schedule(0.1, 0.0, 4)), optax.scale(-0.1)))
tx = optax.lookahead(optax.sgd(0.1, momentum=0.9), 2, 0.5)
p = optax.LookaheadParams.init_synced(params)
s, steps = tx.init(p), []
for i, g in enumerate(grads):
    u, s = tx.update(g, s, p)
    p = optax.apply_updates(p, u)
    steps.append({"fast": tree(f"lookahead/f{i}", p.fast), "slow": tree(f"lookahead/s{i}", p.slow)})
cases.append({"id": "lookahead", "lookahead": steps})
S = {
    "warmupConstant": optax.schedules.warmup_constant_schedule(0.1, 1.0, 4),
    "sgdr": optax.schedules.sgdr_schedule([dict(init_value=0.0, peak_value=1.0, decay_steps=5, warmup_steps=2, end_value=0.1), dict(init_value=0.1, peak_value=0.5, decay_steps=6, warmup_steps=1, end_value=0.0)]),
    "linearOnecycle": optax.schedules.linear_onecycle_schedule(10, 1.0),
    "cosineOnecycle": optax.schedules.cosine_onecycle_schedule(10, 1.0),
    "interpolate": optax.schedules.piecewise_interpolate_schedule("cosine", 1.0, {2: 0.5, 8: 3.0}),
    "exponentialEnd": optax.exponential_decay(1.0, 2, 0.5, transition_begin=3, end_value=0.2),
    "cosineExponent": optax.cosine_decay_schedule(1.0, 8, 0.1, 2.0),
}
cases.append({"id": "schedules", "values": {k: put(f"sched/{k}", np.array([f(i) for i in range(14)], np.float32)) for k, f in S.items()}})
lg, t = rng.standard_normal((6, 5)).astype(np.float32) * 3, rng.standard_normal((6, 5)).astype(np.float32)
oh = np.eye(5, dtype=np.float32)[rng.integers(0, 5, 6)]
arrays.update({"logits": lg, "targets": t, "hot": oh})
L = optax.losses
losses = {
    "sigmoidFocal": L.sigmoid_focal_loss(lg, oh, alpha=0.3, gamma=1.5), "perceptron": L.perceptron_loss(lg, 2 * oh - 1), "poly": L.poly_loss_cross_entropy(lg, oh, epsilon=1.5),
    "klLog": L.kl_divergence_with_log_targets(jax.nn.log_softmax(lg), jax.nn.log_softmax(t)), "klHot": L.kl_divergence(jax.nn.log_softmax(lg), oh), "crossAxis0": L.softmax_cross_entropy(lg, oh, axis=0),
    "safe": L.safe_softmax_cross_entropy(jnp.where(oh > 0, lg, -jnp.inf), oh), "cosineDistance": L.cosine_distance(lg, t, epsilon=0.5),
}
cases.append({"id": "losses", "values": {k: put(f"loss/{k}", v) for k, v in losses.items()}})
G = {
    "crossEntropy": jax.grad(lambda x: L.softmax_cross_entropy(x, oh).sum())(lg), "integer": jax.grad(lambda x: L.softmax_cross_entropy_with_integer_labels(x, oh.argmax(-1)).sum())(lg),
    "sigmoid": jax.grad(lambda x: L.sigmoid_binary_cross_entropy(x, oh).sum())(lg * 0), "huber": jax.grad(lambda x: L.huber_loss(x, t).sum())(lg), "logCosh": jax.grad(lambda x: L.log_cosh(x, t).sum())(lg), "cosine": jax.grad(lambda x: L.cosine_similarity(x, t).sum())(lg),
}
cases.append({"id": "gradients", "values": {k: put(f"grad/{k}", v) for k, v in G.items()}})
save_file(arrays, f"{OUT}/optax-wrappers.safetensors")
json.dump(cases, open(f"{OUT}/optax-wrappers.json", "w"))

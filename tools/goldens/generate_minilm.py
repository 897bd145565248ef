"""Activations of the sentence encoder with its weights rounded to halves, which its original engine recorded only the end of.

The network is written out here in float64 from the arrays alone; its end is checked against the original engine's.

usage: generate_minilm.py WEIGHTS.safetensors REF.safetensors OUT.safetensors
"""
import json
import sys
from math import sqrt

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy.special import erf

weights, reference, target = sys.argv[1:]
w = {name: array.astype(np.float64) for name, array in load_file(weights).items()}
ref = load_file(reference)
ids, mask = ref["ids_mini"], ref["mask"]


def linear(x, name):
    return x @ w[f"{name}/w"] + w[f"{name}/b"]


def norm(x, name):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-12) * w[f"{name}/scale"] + w[f"{name}/offset"]


def heads(x):
    return x.reshape(*x.shape[:2], 12, 32).transpose(0, 2, 1, 3)


def attention(x, name):
    q, k, v = (heads(linear(x, f"{name}/{part}")) for part in ("query", "key", "value"))
    scores = q @ k.transpose(0, 1, 3, 2) / sqrt(32) + np.where(mask[:, None, None, :] == 1, 0, -1e30)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ v
    return linear(mixed.transpose(0, 2, 1, 3).reshape(x.shape), f"{name}/linear")


table = "minilm/{}/embeddings".format
x = w[table("word_embed")][ids] + w[table("position_embed")][: ids.shape[1]] + w[table("token_type_embed")][0]
x = norm(x, "minilm/embed_ln")
stages = {"embed_ln": x}
for i in range(6):
    name = f"minilm/layer_{i}"
    x = norm(x + attention(x, f"{name}/attention"), f"{name}/attention_ln")
    inner = linear(x, f"{name}/mlp_in")
    inner = inner * (1 + erf(inner / sqrt(2))) / 2
    x = norm(x + linear(inner, f"{name}/mlp_out"), f"{name}/mlp_ln")
    stages[f"layer_{i}"] = x

mean = (x * mask[..., None]).sum(1) / mask.sum(1)[:, None]
embeddings = mean / np.linalg.norm(mean, axis=1, keepdims=True)
difference = np.abs(embeddings - ref["embeddings_f16_weights"]).max()
assert difference < 1e-6, difference

shapes, arrays = {}, {}
for name, array in {**stages, "embeddings": ref["embeddings_f16_weights"]}.items():
    shapes[name] = list(array.shape)
    flat = array.astype(np.float32).reshape(-1)
    count = flat.size if name == "embeddings" else 1000
    arrays[name] = np.ascontiguousarray(flat[np.arange(count) * flat.size // count])
for name in ("ids_mini", "mask"):
    shapes[name] = list(ref[name].shape)
    arrays[name] = np.ascontiguousarray(ref[name].reshape(-1))
save_file(arrays, target, {"shapes": json.dumps(shapes)})
print(f"embeddings differ from the original engine's by at most {difference:.1e}")

"""Layers of torch 2.13, Keras 3.15 and Flax 0.12 with their weights under their own names, an input each and what they make of it.

    pip install torch keras flax safetensors && KERAS_BACKEND=jax python tools/goldens/generate_key_maps.py test/goldens/checkpoint
"""
import sys
import numpy as np
import torch, keras, jax, jax.numpy as jnp, flax.linen as nn
from safetensors.numpy import save_file

OUT = sys.argv[1] if len(sys.argv) > 1 else "."
arrays = {}
rng = np.random.default_rng(9)
torch.manual_seed(9)
keras.utils.set_random_seed(9)


def noise(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def put(case, weights, x, y):
    entries = {f"weights/{k}": v for k, v in weights.items()} | {"x": x, "y": y}
    arrays.update({f"{case}:{k}": np.ascontiguousarray(np.asarray(v)) for k, v in entries.items()})


x2, x3, ids = noise(4, 4), noise(2, 5, 4), np.array([[0, 3], [2, 1]], np.int32)
image = noise(2, 5, 6, 4)


def run_torch(case, layer, x, first=lambda y: y[0] if isinstance(y, tuple) else y, channels=False):
    layer.eval()
    with torch.no_grad():
        for name, p in layer.state_dict().items():
            if p.dtype == torch.float32:
                p.copy_(torch.tensor(np.abs(noise(*p.shape)) + 0.1 if "var" in name else noise(*p.shape) * 0.5))
        given = torch.tensor(x).long() if x.dtype == np.int32 else torch.tensor(x)
        y = first(layer(given.permute(0, 3, 1, 2)) if channels else layer(given))
    y = y.permute(0, 2, 3, 1) if channels else y
    put(f"torch/{case}", {f"layer.{k}": v.numpy() for k, v in layer.state_dict().items()}, x, y.numpy())


class Attention(torch.nn.MultiheadAttention):
    def forward(self, x):
        return super().forward(x, x, x)


run_torch("linear", torch.nn.Linear(4, 3), x2)
run_torch("conv", torch.nn.Conv2d(4, 3, (3, 2)), image, channels=True)
run_torch("depthwiseConv", torch.nn.Conv2d(4, 8, 3, groups=4), image, channels=True)
run_torch("convTranspose", torch.nn.ConvTranspose2d(4, 3, (3, 2), stride=2), image, channels=True)
run_torch("batchNorm", torch.nn.BatchNorm2d(4), image, channels=True)
run_torch("batchNorm1d", torch.nn.BatchNorm1d(4), x2)
run_torch("layerNorm", torch.nn.LayerNorm(4), x2)
run_torch("embedding", torch.nn.Embedding(5, 3), ids)
run_torch("lstm", torch.nn.LSTM(4, 3, batch_first=True), x3)
run_torch("attention", Attention(4, 2, batch_first=True), x3)


def run_keras(case, layer, x, call=None):
    call = call or layer
    call(x)
    for w in layer.weights:
        w.assign(np.abs(noise(*w.shape)) + 0.1 if "variance" in w.path else noise(*w.shape) * 0.5)
    put(f"keras/{case}", {"layer/" + w.path.split("/", 1)[1]: w.numpy() for w in layer.weights}, x, np.asarray(call(x)))


L = keras.layers
run_keras("dense", L.Dense(3), x2)
run_keras("conv", L.Conv2D(3, (3, 2)), image)
run_keras("depthwiseConv", L.DepthwiseConv2D(3, depth_multiplier=2), image)
run_keras("convTranspose", L.Conv2DTranspose(3, (3, 2), strides=2), image)
run_keras("batchNorm", L.BatchNormalization(epsilon=1e-5), image)
run_keras("batchNorm1d", L.BatchNormalization(epsilon=1e-5), x2)
run_keras("layerNorm", L.LayerNormalization(epsilon=1e-5), x2)
run_keras("embedding", L.Embedding(5, 3), ids)
run_keras("lstm", L.LSTM(3, return_sequences=True), x3)
attention = L.MultiHeadAttention(2, 2)
run_keras("attention", attention, x3, lambda x: attention(x, x))


def run_flax(case, layer, x):
    variables = layer.init(jax.random.key(0), x)
    variables = jax.tree_util.tree_map_with_path(lambda p, v: np.abs(noise(*v.shape)) + 0.1 if "var" in str(p) else noise(*v.shape) * 0.5, variables)
    weights = {f"{kind}/layer/" + "/".join(k.key for k in path): v for kind, tree in variables.items() for path, v in jax.tree_util.tree_leaves_with_path(tree)}
    put(f"flax/{case}", weights, x, layer.apply(variables, x))


class Lstm(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.RNN(nn.OptimizedLSTMCell(3, name="cell"), name="rnn")(x)


run_flax("dense", nn.Dense(3), x2)
run_flax("conv", nn.Conv(3, (3, 2), padding="VALID"), image)
run_flax("depthwiseConv", nn.Conv(8, (3, 3), feature_group_count=4, padding="VALID"), image)
run_flax("convTranspose", nn.ConvTranspose(3, (3, 2), strides=(2, 2), padding="VALID"), image)
run_flax("batchNorm", nn.BatchNorm(use_running_average=True), image)
run_flax("batchNorm1d", nn.BatchNorm(use_running_average=True), x2)
run_flax("layerNorm", nn.LayerNorm(epsilon=1e-5), x2)
run_flax("embed", nn.Embed(5, 3), ids)
run_flax("lstmCell", Lstm(), x3)
run_flax("attention", nn.MultiHeadDotProductAttention(2, qkv_features=4), x3)
arrays = {k.replace("layer/cell/", "layer/"): v for k, v in arrays.items()}
save_file(arrays, f"{OUT}/key-maps.safetensors")
print(*sorted(k for k in arrays), sep="\n")

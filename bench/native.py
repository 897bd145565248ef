"""Times the networks of `bench/jit.ts` on native onnxruntime and JAX, one thread each. Called by `bench/native.ts` with a folder of ONNX files."""

import json
import os
import sys
import time

# Before the libraries start their threads.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["OMP_NUM_THREADS"] = "1"

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime as ort

jax.config.update("jax_platform_name", "cpu")
folder = sys.argv[1]


def milliseconds(run):
    """Middle and smallest time of a call, over about a second."""
    for _ in range(3):
        run()
    times = []
    end = time.perf_counter() + 1.0
    while len(times) < 15 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times)), min(times)


def onnx(name, shape):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(os.path.join(folder, name + ".onnx"), options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    return milliseconds(lambda: session.run(None, {"x": x}))


def mlp(x):
    return hk.nets.MLP([300, 100, 10])(x)


def conv(x):
    h = hk.AvgPool([1, 2, 2, 1], [1, 2, 2, 1], "VALID")(jax.nn.relu(hk.Conv2D(32, 3)(x)))
    return hk.Linear(10)(jax.nn.relu(hk.Linear(200)(hk.Flatten()(h))))


def gpt(x):
    length, width = x.shape
    causal = jnp.tril(jnp.ones([1, length, length], bool))
    norm = lambda h: hk.LayerNorm(-1, True, True)(h)
    for _ in range(4):
        a = norm(x)
        x = x + hk.MultiHeadAttention(8, width // 8, w_init=hk.initializers.VarianceScaling())(a, a, a, causal)
        x = x + hk.Linear(width)(jax.nn.gelu(hk.Linear(4 * width)(norm(x))))
    return norm(x)


def lstm(x):
    core = hk.LSTM(128)
    return hk.dynamic_unroll(core, x, core.initial_state(x.shape[1]))[0]


networks = {
    "mlp": mlp,
    "conv": conv,
    "mobilenet": lambda x: hk.nets.MobileNetV1()(x, False),
    "resnet50": lambda x: hk.nets.ResNet50(1000)(x, False),
    "gpt": gpt,
    "lstm": lstm,
}


def prepared(name, shape):
    """The network as a function of parameters and input, with both."""
    x = jax.random.uniform(jax.random.PRNGKey(0), shape, minval=-1, maxval=1)
    network = networks[name]
    if name in ("mobilenet", "resnet50"):
        training = {"mobilenet": hk.nets.MobileNetV1, "resnet50": lambda: hk.nets.ResNet50(1000)}[name]
        model = hk.transform_with_state(lambda x, t: training()(x, t))
        params, state = model.init(jax.random.PRNGKey(1), x, True)
        return (lambda p, x: model.apply(p, state, None, x, False)[0]), params, x
    model = hk.without_apply_rng(hk.transform(network))
    return model.apply, model.init(jax.random.PRNGKey(1), x), x


def compiled(name, shape):
    apply, params, x = prepared(name, shape)
    run = jax.jit(apply)
    return milliseconds(lambda: run(params, x).block_until_ready())


def training(name, shape):
    """A step of SGD, its loss read."""
    apply, params, x = prepared(name, shape)
    y = jax.nn.one_hot(jnp.arange(shape[0]) % 10, 10)

    @jax.jit
    def step(params):
        loss = lambda p: -jnp.mean(jnp.sum(y * jax.nn.log_softmax(apply(p, x)), -1))
        value, gradient = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda w, g: w - 0.01 * g, params, gradient), value

    carry = [params]

    def run():
        carry[0], value = step(carry[0])
        return float(value)

    return milliseconds(run)


def show(title, timings):
    cells = [f"{name} {middle:.3f} ({low:.3f})" for name, (middle, low) in timings.items()]
    print(f"{title:<40} {' | '.join(cells)}", flush=True)


print(f"onnxruntime {ort.__version__}, jax {jax.__version__}, one thread. Milliseconds: middle of the samples, (smallest).")
for file in sorted(f for f in os.listdir(folder) if f.endswith(".json")):
    with open(os.path.join(folder, file)) as text:
        work = json.load(text)
    name, shape = file.removesuffix(".json"), work["shape"]
    # Channels lie first in the ONNX files.
    image = [shape[0], shape[2], shape[3], shape[1]] if len(shape) == 4 else shape
    show(work["title"], {"onnxruntime": onnx(name, shape), "jax": compiled(name.split("_")[0], image)})
show("training step, MLP, batch 32", {"jax": training("mlp", [32, 784])})
show("training step, MNIST conv net, batch 32", {"jax": training("conv", [32, 28, 28, 1])})

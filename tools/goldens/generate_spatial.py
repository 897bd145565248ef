"""Convolutions, pools, norms and networks in dm-haiku, with options that layers.json and nets.json leave at their defaults.

Writes spatial.json and spatial.safetensors. Run: python generate_spatial.py OUTPUT_FOLDER
"""
import sys
import jax, jax.numpy as jnp
import haiku as hk
from golden_lib import Recorder, build, make_input, probe, resolve

rec = Recorder()


def run_module_case(rec, case):
    """As golden_lib's, but only init is run op by op: compiled, the rest takes a tenth of the time."""
    cid, seed = case["id"], 42
    x = make_input(case["inputs"][0], 0)
    call = {k: resolve(v) for k, v in case.get("call", {}).items()}
    init_call = {**call, **{k: resolve(v) for k, v in case.get("init_call", {}).items()}}
    t = hk.transform_with_state(lambda x: build(case)(x, **(init_call if hk.running_init() else call)))
    params, state = t.init(jax.random.PRNGKey(seed), x)
    apply = jax.jit(lambda p, s, x: t.apply(p, s, None, x))
    out = {**case, "seed": seed, "inputs": [{**case["inputs"][0], **rec.put(f"{cid}/in/0", x)}],
           "params": rec.tree(f"{cid}/params", params), "state": rec.tree(f"{cid}/state", state), "steps": []}
    current = state
    for n in range(case["calls"]):
        y, current = apply(params, current, x)
        # Compiled functions return dicts with sorted keys: back to the order of creation.
        ordered = {m: {k: current[m][k] for k in [*state.get(m, {}), *(k for k in current[m] if k not in state.get(m, {}))]}
                   for m in [*state, *(m for m in current if m not in state)]}
        out["steps"].append({"output": rec.tree(f"{cid}/out{n}", y), "state": rec.tree(f"{cid}/state{n}", ordered)})
    if case.get("grads", True):
        gp, gx = jax.jit(jax.grad(lambda p, x: probe(t.apply(p, state, None, x)[0]), argnums=(0, 1)))(params, jnp.asarray(x))
        out["grads"] = {"params": rec.tree(f"{cid}/gp", gp), "inputs": {"0": rec.put(f"{cid}/gx/0", gx)}}
    rec.cases.append(out)


def case(cid, module, shape, args, calls=1, **more):
    print(cid, flush=True)
    run_module_case(rec, {"id": cid, "module": module, "args": args, "inputs": [{"shape": shape}], "calls": calls, **more})


normal = {"$init": "RandomNormal", "args": {}}

# Convolutions
conv = {"output_channels": 3, "kernel_shape": [3, 2]}
case("conv2d/same_lower", "Conv2D", (2, 6, 5, 2), {**conv, "stride": 2, "padding": "SAME_LOWER"})
case("conv2d/lower_case", "Conv2D", (2, 6, 5, 2), {**conv, "padding": "same"})
case("conv2d/one_pair", "Conv2D", (2, 6, 5, 2), {**conv, "padding": [2, 1]})
case("conv2d/pad_per_dimension", "Conv2D", (2, 6, 5, 2),
     {**conv, "padding": [{"$pad": "causal"}, {"$pad": "same"}], "rate": [2, 1]})
case("conv2d/rates", "Conv2D", (2, 9, 8, 2), {**conv, "rate": [2, 3], "b_init": normal})
case("conv2d/strided_rate", "Conv2D", (2, 9, 8, 2), {**conv, "rate": 2, "stride": [2, 1], "padding": "VALID"})
case("conv2d/groups_rate_first", "Conv2D", (2, 6, 7, 5),
     {"output_channels": 6, "kernel_shape": 2, "feature_group_count": 3, "rate": 2, "data_format": "NCHW", "b_init": normal})
case("conv2d/stride_beyond_kernel", "Conv2D", (2, 9, 8, 2), {"output_channels": 3, "kernel_shape": 2, "stride": 3})
case("conv2d/inits", "Conv2D", (2, 5, 5, 2), {**conv, "w_init": {"$init": "VarianceScaling", "args": {"scale": 2.0}}, "b_init": normal})
case("conv2d/unbatched_first", "Conv2D", (2, 6, 5), {**conv, "data_format": "channels_first", "b_init": normal})
case("conv1d/rate_reverse_causal", "Conv1D", (2, 12, 2), {"output_channels": 3, "kernel_shape": 3, "rate": 4, "padding": {"$pad": "reverse_causal"}})
case("conv3d/groups_rate", "Conv3D", (2, 4, 5, 4, 4), {"output_channels": 4, "kernel_shape": 2, "feature_group_count": 2, "rate": [2, 1, 2]})
case("conv3d/unbatched", "Conv3D", (4, 5, 4, 2), {"output_channels": 2, "kernel_shape": [2, 3, 1], "stride": [1, 2, 1]})
case("conv_nd/two", "ConvND", (2, 5, 4, 2), {"num_spatial_dims": 2, "output_channels": 3, "kernel_shape": 2})

# Transposed convolutions
for tag, args in {
    "same_stride": {"kernel_shape": 5, "stride": 2}, "valid_stride": {"kernel_shape": 3, "stride": 2, "padding": "VALID"},
    "stride_beyond_kernel": {"kernel_shape": 2, "stride": 3}, "explicit": {"kernel_shape": 3, "stride": 2, "padding": [[1, 2], [0, 3]]},
    "output_shape": {"kernel_shape": 5, "stride": 2, "output_shape": [8, 6]},
    "output_shape_odd": {"kernel_shape": 5, "stride": 2, "output_shape": [7, 5]},
    "output_shape_valid": {"kernel_shape": 3, "stride": 2, "output_shape": [9, 8], "padding": "VALID"},
    "output_shape_wide": {"kernel_shape": 2, "stride": 5, "output_shape": [20, 12]},
    "channels_first": {"kernel_shape": [2, 3], "stride": [2, 1], "data_format": "NCHW", "b_init": normal},
    "no_bias": {"kernel_shape": 3, "with_bias": False},
}.items():
    shape = (2, 2, 4, 3) if tag == "channels_first" else (2, 4, 3, 2)
    case(f"conv2d_transpose/{tag}", "Conv2DTranspose", shape, {"output_channels": 3, **args})
case("conv2d_transpose/unbatched_golden", "Conv2DTranspose", (4, 3, 2), {"output_channels": 3, "kernel_shape": 3, "stride": 2})
case("conv1d_transpose/output_shape_first", "Conv1DTranspose", (2, 3, 5),
     {"output_channels": 2, "kernel_shape": 4, "stride": 3, "output_shape": 14, "data_format": "NCW"})
case("conv3d_transpose/valid", "Conv3DTranspose", (2, 2, 3, 2, 2), {"output_channels": 2, "kernel_shape": [3, 2, 2], "stride": [2, 1, 2], "padding": "VALID"})

# Depthwise
case("depthwise2d/nchw", "DepthwiseConv2D", (2, 3, 6, 5), {"channel_multiplier": 2, "kernel_shape": 3, "data_format": "NCHW", "b_init": normal})
case("depthwise2d/rate", "DepthwiseConv2D", (2, 8, 7, 3), {"channel_multiplier": 2, "kernel_shape": [3, 2], "rate": [2, 3]})
case("depthwise2d/explicit", "DepthwiseConv2D", (2, 8, 8, 2), {"channel_multiplier": 1, "kernel_shape": 3, "padding": [[2, 2], [2, 1]], "stride": 2})
case("depthwise1d/strided_no_bias", "DepthwiseConv1D", (2, 9, 3), {"channel_multiplier": 3, "kernel_shape": 2, "stride": 2, "padding": "VALID", "with_bias": False})
case("depthwise3d/valid", "DepthwiseConv3D", (2, 4, 4, 3, 2), {"channel_multiplier": 1, "kernel_shape": [2, 1, 2], "padding": "VALID", "stride": [2, 1, 1]})
case("separable/nchw", "SeparableDepthwiseConv2D", (2, 3, 6, 5), {"channel_multiplier": 2, "kernel_shape": [3, 2], "stride": [2, 1], "data_format": "NCHW", "b_init": normal})

# Pools
for module, op in (("MaxPool", "max_pool"), ("AvgPool", "avg_pool")):
    for tag, shape, window, strides, padding, axis in (
        ("number_first", (2, 3, 7, 6), 3, 2, "SAME", 1), ("short", (2, 7, 6, 3), [2, 3, 1], [1, 2, 1], "SAME", -1),
        ("volume", (2, 5, 4, 6, 2), [1, 2, 3, 2, 1], [1, 2, 1, 2, 1], "SAME", -1), ("none", (2, 5, 6), 2, 1, "VALID", None),
        ("sparse", (2, 9, 8, 2), [1, 2, 2, 1], [1, 4, 3, 1], "SAME", -1)):
        case(f"{op}/spatial_{tag}", module, shape, {"window_shape": window, "strides": strides, "padding": padding, "channel_axis": axis})

# Norms
bn = {"create_scale": True, "create_offset": True, "decay_rate": 0.8, "scale_init": normal, "offset_init": normal}
train = {"call": {"is_training": True}}
case("batch_norm/axes", "BatchNorm", (4, 3, 2), {**bn, "axis": [0, 1]}, 2, **train)
case("batch_norm/first_only", "BatchNorm", (4, 3, 2), {**bn, "axis": [0]}, 2, **train)
case("batch_norm/offset_only", "BatchNorm", (4, 3, 2), {"create_scale": False, "create_offset": True, "decay_rate": 0.8, "offset_init": normal}, 2, **train)
case("batch_norm/eval_nchw", "BatchNorm", (4, 3, 2, 5), {**bn, "data_format": "NCHW"}, 2, call={"is_training": False}, init_call={"is_training": True})
ln = {"create_scale": True, "create_offset": True, "scale_init": normal, "offset_init": normal}
for tag, axis, param_axis in (("first", 1, None), ("all", [1, 2, 3], None), ("negative", [-1, -2], [-2]), ("both", [1, -1], [1, 3]),
                              ("slice", {"$slice": [1, -1, None]}, 1), ("stepped", {"$slice": [None, None, 2]}, {"$slice": [None, 1, -1]})):
    case(f"layer_norm/spatial_{tag}", "LayerNorm", (2, 3, 4, 5), {**ln, "axis": axis, **({} if param_axis is None else {"param_axis": param_axis})})
    case(f"rms_norm/spatial_{tag}", "RMSNorm", (2, 3, 4, 5), {"axis": axis, "scale_init": normal, **({} if param_axis is None else {"param_axis": param_axis})})
case("layer_norm/eps", "LayerNorm", (3, 4), {**ln, "axis": -1, "eps": 0.1, "use_fast_variance": True})
case("rms_norm/no_scale_golden", "RMSNorm", (3, 4), {"axis": -1, "create_scale": False, "eps": 0.1})
case("instance_norm/volume", "InstanceNorm", (2, 3, 4, 2, 3), {**ln, "data_format": "channels_last"})
case("instance_norm/sequence_first", "InstanceNorm", (2, 3, 6), {**ln, "data_format": "NCW"})
gn = {"groups": 2, "scale_init": normal, "offset_init": normal}
case("group_norm/time", "GroupNorm", (2, 3, 4, 6), {**gn, "axis": {"$slice": [2, None, None]}})
case("group_norm/channel_only", "GroupNorm", (2, 3, 4, 6), {**gn, "axis": 3})
case("group_norm/spatial_only", "GroupNorm", (2, 6, 4, 3), {**gn, "axis": [2, 3], "data_format": "NCHW"})
case("group_norm/no_affine", "GroupNorm", (2, 4), {"groups": 2, "create_scale": False, "create_offset": False, "eps": 0.1})

# Averages and spectral norm
case("ema/frozen", "ExponentialMovingAverage", (3, 2), {"decay": 0.7}, 3, call={"update_stats": False}, init_call={"update_stats": True})
case("ema/no_debias", "ExponentialMovingAverage", (3, 2), {"decay": 0.7, "zero_debias": False}, 3)
case("ema/decay_0", "ExponentialMovingAverage", (3, 2), {"decay": 0.0}, 3)
case("spectral_norm/kernel", "SpectralNorm", (3, 2, 2, 4), {"n_steps": 3, "eps": 1e-3}, 3)
case("spectral_norm/frozen", "SpectralNorm", (6, 4), {}, 2, call={"update_stats": False})

# Networks
small = {"blocks_per_group": [2, 1, 1, 1], "num_classes": 3, "channels_per_group": [4, 8, 8, 8], "bottleneck": False}
case("resnet/configured", "ResNet", (3, 24, 24, 3), {**small, "use_projection": [False, True, False, True], "strides": [1, 2, 1, 2],
     "initial_conv_config": {"output_channels": 4, "kernel_shape": 3, "stride": 1}, "bn_config": {"decay_rate": 0.5, "eps": 1e-3},
     "logits_config": {"w_init": normal, "name": "head"}}, 2, **train)
case("resnet/local", "ResNet", (3, 24, 24, 3), {**small, "channels_per_group": [8, 8, 8, 8], "bottleneck": True, "resnet_v2": True,
     "initial_conv_config": {"output_channels": 4}, "logits_config": {"w_init": normal}},
     call={"is_training": False, "test_local_stats": True}, grads=False)
case("vq/eval", "VectorQuantizer", (2, 3, 2, 4), {"embedding_dim": 4, "num_embeddings": 5, "commitment_cost": 0.5}, call={"is_training": False})
case("vq_ema/eval_golden", "VectorQuantizerEMA", (2, 3, 4), {"embedding_dim": 4, "num_embeddings": 5, "commitment_cost": 0.5, "decay": 0.9},
     2, call={"is_training": False})
case("vq_ema/epsilon", "VectorQuantizerEMA", (4, 4), {"embedding_dim": 4, "num_embeddings": 3, "commitment_cost": 0.5, "decay": 0.5, "epsilon": 0.1},
     3, call={"is_training": True})

rec.save(sys.argv[1], "spatial")

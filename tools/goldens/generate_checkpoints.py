"""Checkpoint files written by Python's safetensors and numpy, which the readers must read and the writers must equal.

    pip install safetensors numpy ml_dtypes && python tools/goldens/generate_checkpoints.py test/goldens/checkpoint
"""
import io, sys, zipfile
import numpy as np
import ml_dtypes
from safetensors.numpy import save_file

OUT = sys.argv[1] if len(sys.argv) > 1 else "."
rng = np.random.default_rng(12)

# What the writers must reproduce byte by byte: float32, int32 and bool under Haiku's names, with metadata.
params = {
    "mlp/~/linear_0/w": rng.standard_normal((3, 5)).astype(np.float32),
    "mlp/~/linear_0/b": np.array([0.0, -0.0, np.inf, -np.inf, np.nan], np.float32),
    "mlp/~/linear_1/w": rng.standard_normal((5, 2)).astype(np.float32),
    "counter/~/count": np.array(-7, np.int32),
    "mask/keep": np.array([[True, False, True]]),
    "empty/none": np.zeros((0, 4), np.float32),
    "é/名前": np.array([1.5], np.float32),
}
save_file(params, f"{OUT}/haiku.safetensors", metadata={"format": "np"})
np.savez(f"{OUT}/haiku.npz", **params)
np.savez_compressed(f"{OUT}/haiku-compressed.npz", **params)

# Every type that can be read, at its edges; `expected/` holds what must come out.
edges = {
    "F64": np.array([0.1, -1e300 * 0, 3.4028234663852886e38, np.inf, 1e-320], np.float64),
    "F32": np.array([0.1, -0.0, 3.4028234663852886e38], np.float32),
    "F16": np.array([0.1, -0.0, 65504.0, 6e-8, np.inf, 6.1e-5], np.float16),
    "BF16": np.array([0.1, -0.0, 3e38, 1e-40, -np.inf], ml_dtypes.bfloat16),
    "I64": np.array([-(2**31), 2**31 - 1, 0, -1], np.int64),
    "U64": np.array([2**31 - 1, 0], np.uint64),
    "I32": np.array([-(2**31), 2**31 - 1, 0], np.int32),
    "U32": np.array([2**31 - 1, 0], np.uint32),
    "I16": np.array([-(2**15), 2**15 - 1], np.int16),
    "U16": np.array([2**16 - 1, 0], np.uint16),
    "I8": np.array([-128, 127, -1], np.int8),
    "U8": np.array([255, 0, 7], np.uint8),
    "BOOL": np.array([True, False]),
}


def as_read(a):
    if a.dtype == np.bool_:
        return a
    return a.astype(np.int32) if a.dtype.kind in "iu" else a.astype(np.float32)


with np.errstate(all="ignore"):
    save_file({f"stored/{k}": v for k, v in edges.items()} | {f"expected/{k}": as_read(v) for k, v in edges.items()}, f"{OUT}/dtypes.safetensors")
    np.savez(f"{OUT}/dtypes.npz", **{f"stored/{k}": v for k, v in edges.items() if k != "BF16"}, **{f"expected/{k}": as_read(v) for k, v in edges.items() if k != "BF16"})
save_file({"low": np.array([-(2**31) - 1], np.int64)}, f"{OUT}/too-low.safetensors")
save_file({"high": np.array([1e39], np.float64)}, f"{OUT}/too-high.safetensors")

# numpy's layouts: Fortran order, big endian, version 2 and 3 headers.
fortran = np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
np.save(f"{OUT}/fortran.npy", fortran)
np.save(f"{OUT}/big-endian.npy", np.arange(6, dtype=">i4").reshape(2, 3))
for version in ((2, 0), (3, 0)):
    with open(f"{OUT}/version-{version[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, np.arange(4, dtype=np.float32), version=version)
np.save(f"{OUT}/objects.npy", np.array([{}, None], object), allow_pickle=True)
np.save(f"{OUT}/linear.npy", rng.standard_normal((3, 2)).astype(np.float32))

# Rounding to halves: random bit patterns, ties, and the borders of subnormals and infinity.
bits = rng.integers(0, 2**32, 4096, dtype=np.uint64).astype(np.uint32)
near = np.arange(0, 0x10000, 16, dtype=np.uint16).view(np.float16).astype(np.float32).view(np.uint32)
ties = np.concatenate([near, near + 0x1000, near + 0x0FFF, near + 0x1001]).astype(np.uint32)
wide = (np.arange(0, 0x10000, 64, dtype=np.uint32) << 16) | 0x8000
borders = np.array([65504.0, 65519.99, 65520.0, 2**-24, 2**-25, 2**-25 * 1.0001, 2**-14, 2**-14 * 0.9999], np.float32).view(np.uint32)
floats = np.concatenate([bits, ties, wide, borders]).astype(np.uint32).view(np.float32)
floats = floats[~np.isnan(floats)]
with np.errstate(all="ignore"):
    save_file({"f32": floats, "f16": floats.astype(np.float16), "bf16": floats.astype(ml_dtypes.bfloat16)}, f"{OUT}/halves.safetensors")

# A sharded checkpoint as hubs hold them.
import json, os
os.makedirs(f"{OUT}/sharded", exist_ok=True)
shards = {"model-00001-of-00002.safetensors": ["mlp/~/linear_0/w", "counter/~/count"], "model-00002-of-00002.safetensors": ["mlp/~/linear_0/b", "mlp/~/linear_1/w"]}
for name, keys in shards.items():
    save_file({k: params[k] for k in keys}, f"{OUT}/sharded/{name}", metadata={"format": "np"})
total = sum(params[k].nbytes for keys in shards.values() for k in keys)
json.dump({"metadata": {"total_size": total}, "weight_map": {k: n for n, keys in shards.items() for k in keys}}, open(f"{OUT}/sharded/model.safetensors.index.json", "w"), indent=2)

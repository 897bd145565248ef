"""Opens checkpoint files written by this library in Python's safetensors and numpy and compares their values with the goldens, bit for bit.

    npx tsx tools/write-checkpoints.ts build/checkpoints && python tools/check-checkpoints.py build/checkpoints
"""
import sys
import numpy as np
from safetensors.numpy import load_file

folder = sys.argv[1]
golden = load_file("test/goldens/checkpoint/haiku.safetensors")
files = {"haiku.safetensors": load_file(f"{folder}/haiku.safetensors"), "haiku.npz": dict(np.load(f"{folder}/haiku.npz")), "haiku-compressed.npz": dict(np.load(f"{folder}/haiku-compressed.npz"))}
for name, arrays in files.items():
    assert sorted(arrays) == sorted(golden), (name, sorted(arrays))
    for key, expected in golden.items():
        found = arrays[key]
        assert found.dtype == expected.dtype and found.shape == expected.shape and found.tobytes() == expected.tobytes(), (name, key)
    print(f"{name}: {len(arrays)} arrays equal to the bit")

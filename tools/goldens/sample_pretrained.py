"""Keeps of a pretrained model's recorded activations what a test needs: of each array its shape and evenly spaced values.

usage: sample_pretrained.py REF.safetensors OUT.safetensors [whole=NAME,NAME] [drop=NAME,NAME]
"""
import json
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

LONGEST = 1000  # values kept of an array


def main(source, target, *options):
    chosen = dict(option.split("=") for option in options)
    whole = chosen.get("whole", "").split(",")
    drop = chosen.get("drop", "").split(",")
    arrays, shapes = {}, {}
    for name, array in load_file(source).items():
        if name in drop:
            continue
        shapes[name] = list(array.shape)
        flat = np.ascontiguousarray(array).reshape(-1)
        count = flat.size if name in whole else min(flat.size, LONGEST)
        arrays[name] = np.ascontiguousarray(flat[np.arange(count) * flat.size // count])
    save_file(arrays, target, {"shapes": json.dumps(shapes)})


main(*sys.argv[1:])

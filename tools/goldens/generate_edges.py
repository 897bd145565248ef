"""Layers in dm-haiku at the edges of what they take: ids out of range, axes from the end, moving averages without memory.

Writes edges.json and edges.safetensors. Run: python generate_edges.py OUTPUT_FOLDER
"""
import sys
from golden_lib import Recorder, run_module_case

rec = Recorder()
normal = {"$init": "RandomNormal", "args": {}}


def case(cid, module, args, inputs, **more):
    run_module_case(rec, {"id": cid, "module": module, "args": args, "inputs": inputs, **more})


ids = {"kind": "int", "low": -12, "high": 12}
for style in ("ARRAY_INDEX", "ONE_HOT"):
    case(f"embed/out_of_range_{style.lower()}", "Embed", {"vocab_size": 5, "embed_dim": 3, "lookup_style": style},
         [{"shape": [7, 4], **ids}])
    case(f"embed/scalar_{style.lower()}", "Embed", {"vocab_size": 5, "embed_dim": 3, "lookup_style": style},
         [{"shape": [], **ids, "low": 9}])

batch_norm = {"create_scale": True, "create_offset": True, "decay_rate": 0.9, "scale_init": normal, "offset_init": normal}
for tag, axis in (("from_the_end", [-2, 0]), ("all", [0, 1, 2]), ("channels", [2])):
    case(f"batch_norm/axis_{tag}", "BatchNorm", {**batch_norm, "axis": axis}, [{"shape": [3, 4, 5]}],
         call={"is_training": True}, calls=2)

for decay in (0.0, 1.0):
    case(f"ema/no_debias_decay_{decay:.0f}", "ExponentialMovingAverage", {"decay": decay, "zero_debias": False},
         [{"shape": [3]}], calls=2, grads=False)
case("ema/frozen_twice", "ExponentialMovingAverage", {"decay": 0.9}, [{"shape": [3]}], call={"update_stats": False}, calls=2,
     grads=False)
rec.save(sys.argv[1], "edges")

#!/usr/bin/env python3
"""Holds the order of the stages and the torch border; prints each violation and exits 1 if there is one.

A file of src/<stage> or include/movrec/<stage> may include movrec headers of its own stage and of earlier ones only.
LibTorch's heavy headers stay out of include/, and all of LibTorch out of the torch-free files.
"""
import pathlib
import re
import sys

STAGES = ["core", "fetch", "data", "ops", "net", "train", "solve", "model", "checkpoint", "eval", "recommend", "report", "cli"]
TORCH_STAGES = {"ops", "net", "train", "checkpoint"}
# Torch files of stages that are otherwise torch-free.
TORCH_FILES = {"src/model/algorithms.cpp", "src/model/net_model.cpp", "include/movrec/model/net_model.hpp",
               "src/model/net_fold_in.cpp", "src/model/net_fold_in.hpp",
               "src/cli/machine.cpp"}
LIGHT_HEADERS = {"ATen/core/Tensor.h", "ATen/core/TensorBase.h", "c10/core/Device.h"}

root = pathlib.Path(__file__).resolve().parent.parent
include = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]')
torch = re.compile(r"^(torch|ATen|c10|caffe2)/")
errors = []

for path in sorted([*root.glob("src/*/*.[ch]pp"), *root.glob("include/movrec/*/*.hpp")]):
    name = str(path.relative_to(root))
    stage = path.parent.name
    if stage not in STAGES:
        errors.append(f"{name}: '{stage}' is not a stage")
        continue
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = include.match(line)
        if not match:
            continue
        header = match.group(1)
        other = re.match(r"(?:movrec/)?(\w+)/[\w.]+$", header)
        if other and other.group(1) in STAGES and STAGES.index(other.group(1)) > STAGES.index(stage):
            errors.append(f"{name}:{number}: stage '{stage}' includes the later stage '{other.group(1)}' ({header})")
        if torch.match(header):
            if stage not in TORCH_STAGES and name not in TORCH_FILES:
                errors.append(f"{name}:{number}: torch-free stage '{stage}' includes {header}")
            elif name.startswith("include/") and header not in LIGHT_HEADERS:
                errors.append(f"{name}:{number}: a public header includes the heavy {header}")

print("\n".join(errors) if errors else "layers: ok")
sys.exit(1 if errors else 0)

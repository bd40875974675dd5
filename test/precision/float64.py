#!/usr/bin/env python3
"""How far logits and gradients of one training step lie from the same in double precision.

    float64.py FOLDER NETWORK      prints one line of JSON, of ours and of PyTorch's autocast(bfloat16)

FOLDER holds what worker.ts wrote. Errors are relative: the Euclidean norm of the difference over that of the exact
values; of gradients over all weights at once, and the largest of a single weight tensor. Needs PyTorch.
"""
import json
import os
import struct
import sys

import torch
import torch.nn.functional as F


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        content = bytearray(file.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(content, dtype=torch.float32, offset=about["data_offsets"][0],
                               count=(about["data_offsets"][1] - about["data_offsets"][0]) // 4)
        .reshape(about["shape"]).double()
        for name, about in header.items() if about["dtype"] == "F32"
    }


def raw(path, *shape):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(shape).double()


def norm(x, weights, name):
    return F.relu(F.batch_norm(x, None, None, weights[f"{name}.weight"], weights[f"{name}.bias"], True, 0.1, 1e-5))


def forward(x, w):
    """The authors' WRN-16 (zskt/models/wresnet.py) from its state_dict, in training mode."""
    x = F.conv2d(x, w["conv1.weight"], padding=1)
    for block in (1, 2, 3):
        for layer in (0, 1):
            name = f"block{block}.layer.{layer}"
            stride = 2 if block > 1 and layer == 0 else 1
            shortcut = w.get(f"{name}.convShortcut.weight")
            out = norm(x, w, f"{name}.bn1")
            y = F.conv2d(out, w[f"{name}.conv1.weight"], stride=stride, padding=1)
            y = F.conv2d(norm(y, w, f"{name}.bn2"), w[f"{name}.conv2.weight"], padding=1)
            x = y + (x if shortcut is None else F.conv2d(out, shortcut, stride=stride))
    x = norm(x, w, "bn1").mean((2, 3))
    return F.linear(x, w["fc.weight"], w["fc.bias"])


def error(got, exact):
    return float((got - exact).norm() / exact.norm())


def step(images, weights, autocast=False):
    """Logits, and gradients by name, of cross entropy with the labels that worker.ts takes."""
    weights = {name: value.detach().clone().requires_grad_() for name, value in weights.items()}
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        logits = forward(images, weights)
    F.cross_entropy(logits.float() if autocast else logits, torch.arange(128) % 10).backward()
    return logits.detach().double(), {n: v.grad.double() for n, v in weights.items() if v.grad is not None}


def errors(got, exact):
    flat = lambda gradients: torch.cat([gradients[name].flatten() for name in exact[1]])
    return {
        "logits": error(got[0], exact[0]),
        "gradients": error(flat(got[1]), flat(exact[1])),
        "worstWeight": max(error(got[1][name], value) for name, value in exact[1].items()),
    }


def main():
    folder, network = sys.argv[1:3]
    at = lambda part: os.path.join(folder, f"{network}.{part}")
    weights = read(at("weights.safetensors"))
    images = raw(at("images"), 128, 32, 32, 3).permute(0, 3, 1, 2)
    exact = step(images, weights)
    ours = (raw(at("logits"), 128, 10), read(at("gradients.safetensors")))
    autocast = step(images.float(), {name: value.float() for name, value in weights.items()}, autocast=True)
    print(json.dumps({"ours": errors(ours, exact), "autocast": errors(autocast, exact)}))


main()

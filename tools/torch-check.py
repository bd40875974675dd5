#!/usr/bin/env python3
"""Real PyTorch's side of `npm run test:torch`: reads our exports with weights_only=True, and writes files for our importer.

    torch-check.py version
    torch-check.py read FILE.pt      the tensors as JSON: name, type, shape, SHA-256 of the contiguous bytes
    torch-check.py write FOLDER      checkpoints in every layout that the importer knows, with the same facts in expected.json

Needs PyTorch 1.13 or newer.
"""
import argparse
import hashlib
import json
import os
import sys
from collections import OrderedDict

import torch


def facts(tensor):
    contiguous = tensor.detach().cpu().contiguous()
    data = bytes(contiguous.untyped_storage())[: contiguous.numel() * contiguous.element_size()] if contiguous.numel() else b''
    return {'dtype': str(contiguous.dtype).removeprefix('torch.'), 'shape': list(contiguous.shape), 'sha256': hashlib.sha256(data).hexdigest()}


def described(state):
    return {name: facts(tensor.clone()) for name, tensor in state.items()}


def read(path):
    state = torch.load(path, map_location='cpu', weights_only=True)
    if not isinstance(state, OrderedDict):
        raise SystemExit(f'torch.load gave a {type(state).__name__}, not an OrderedDict')
    return {'order': list(state), 'tensors': described(state)}


def every_kind():
    torch.manual_seed(0)
    base = torch.randn(6, 4)
    state = OrderedDict()
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        state[f'kind.{str(dtype).removeprefix("torch.")}'] = torch.randn(3, 5).to(dtype)
    for dtype in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
        state[f'kind.{str(dtype).removeprefix("torch.")}'] = torch.arange(7).to(dtype)
    state['kind.bool'] = torch.tensor([True, False, True])
    state['scalar'] = torch.tensor(7)
    state['empty'] = torch.zeros(0, 3)
    state['whole'] = base
    state['transposed'] = base.t()
    state['rows'] = base[2:5]
    state['columns'] = base[:, 1::2]
    state['channelsLast'] = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    state['parameter'] = torch.nn.Parameter(torch.randn(3))
    return state


def write(folder):
    state = every_kind()
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.randn(2, 3, 8, 8)).sum().backward()
    optimizer.step()
    weights = network.state_dict()
    wrapped = {'args': argparse.Namespace(lr=0.1, trigger='badnet_grid'), 'epoch': 3, 'optimizer': optimizer.state_dict(), 'curve': [0.1] * 50}
    prefixed = OrderedDict((f'module.{name}', tensor) for name, tensor in weights.items())
    files = {
        'zip.pt': (state, state, {}),
        'legacy.pth': (state, state, {'_use_new_zipfile_serialization': False}),
        'protocol4.pt': (state, state, {'pickle_protocol': 4}),
        'protocol5.pt': (state, state, {'pickle_protocol': 5}),
        'state_dict.pt': ({**wrapped, 'state_dict': weights}, weights, {}),
        'model.pth': ({**wrapped, 'model': weights}, weights, {'_use_new_zipfile_serialization': False}),
        'net.pt': ({**wrapped, 'net': weights}, weights, {}),
        'student.pt': ({**wrapped, 'generator_state_dict': state, 'student_state_dict': weights}, weights, {}),
        'parallel.pt': (prefixed, weights, {}),
    }
    expected = {}
    for name, (value, tensors, options) in files.items():
        torch.save(value, os.path.join(folder, name), **options)
        expected[name] = described(tensors)
    with open(os.path.join(folder, 'expected.json'), 'w', encoding='utf-8') as file:
        json.dump(expected, file)
    return {'files': list(files)}


def main(arguments):
    commands = {'version': lambda: {'torch': torch.__version__}, 'read': read, 'write': write}
    if not arguments or arguments[0] not in commands:
        raise SystemExit(__doc__)
    print(json.dumps(commands[arguments[0]](*arguments[1:])))


if __name__ == '__main__':
    main(sys.argv[1:])

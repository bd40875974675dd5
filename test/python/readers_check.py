"""Reads files as PyTorch, safetensors, NumPy and SciPy read them, and prints what each holds.

    readers_check.py FOLDER    files are named KIND-NUMBER; KIND: torch, safetensors, npy, mat
"""
import hashlib
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def of_torch(tensor):
    import torch

    dense = tensor.detach().contiguous()
    kind = str(dense.dtype).replace("torch.", "")
    data = dense.reshape(-1).view(torch.uint8).numpy().tobytes() if dense.numel() else b""
    return {"dtype": kind, "shape": list(dense.shape), "digest": digest(data)}


def walk(value, path, found):
    import torch

    if not isinstance(value, dict):
        return
    for key, part in value.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(part, torch.Tensor):
            found[name] = of_torch(part)
        else:
            walk(part, name, found)


def read_torch(path):
    import torch

    found = {}
    walk(torch.load(path, map_location="cpu", weights_only=True), "", found)
    return found


def read_safetensors(path):
    from safetensors.torch import load_file

    return {name: of_torch(tensor) for name, tensor in load_file(path).items()}


def of_numpy(array):
    import numpy

    dense = numpy.ascontiguousarray(array)
    return {"dtype": array.dtype.str, "shape": list(array.shape), "digest": digest(dense.tobytes())}


def read_npy(path):
    import numpy

    return {"": of_numpy(numpy.load(path, allow_pickle=False))}


def read_mat(path):
    loaded = loadmat(path, mat_dtype=False)
    # MATLAB's order: columns first.
    return {
        name: {"shape": list(array.shape), "digest": digest(array.astype("<f8").tobytes(order="F"))}
        for name, array in loaded.items()
        if not name.startswith("__") and array.dtype.kind in "iuf"
    }


def apart(read):
    """SciPy's reader ends the process with some damaged files: each is read by a process of its own."""

    def read_apart(path):
        receive, send = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(receive)
            try:
                answer = {"tensors": read(path)}
            except BaseException as error:
                answer = {"error": f"{type(error).__name__}: {str(error)[:2000]}"}
            with os.fdopen(send, "w") as out:
                json.dump(answer, out)
            os._exit(0)
        os.close(send)
        with os.fdopen(receive) as told:
            text = told.read()
        _, status = os.waitpid(child, 0)
        if status != 0 or not text:
            raise RuntimeError(f"the process ended with status {status}")
        answer = json.loads(text)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["tensors"]

    return read_apart


readers = {"torch": read_torch, "safetensors": read_safetensors, "npy": read_npy, "mat": apart(read_mat)}
answers = {}
if any(file.startswith("mat-") for file in os.listdir(sys.argv[1])):
    from scipy.io import loadmat
for file in sorted(os.listdir(sys.argv[1])):
    try:
        answers[file] = {"tensors": readers[file.split("-")[0]](os.path.join(sys.argv[1], file))}
    except BaseException as error:  # What a reader does with a damaged file is its own affair.
        answers[file] = {"error": f"{type(error).__name__}: {str(error)[:2000]}"}
json.dump(answers, sys.stdout)

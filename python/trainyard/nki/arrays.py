# SPDX-License-Identifier: Apache-2.0
"""NumPy and PyTorch arrays into the core, without copies where their layout allows it."""

import sys

import numpy as np

from trainyard.faults import PROGRAM, fault
from trainyard.nki import dtype as dtypes


def is_torch(value):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array(value):
    return isinstance(value, np.ndarray) or is_torch(value)


def _carrier(tensor):
    """A PyTorch tensor as a NumPy array of the same memory."""
    import torch
    tensor = tensor.detach()
    name = str(tensor.dtype).removeprefix("torch.")
    if name == "bfloat16" or name.startswith("float8"):
        bits = torch.int16 if name == "bfloat16" else torch.uint8
        return tensor.view(bits).numpy().view(dtypes.numpy_dtype(name))
    return tensor.numpy()


def as_numpy(array):
    return _carrier(array) if is_torch(array) else array


def input_tensor(session, array, name, written_back=None):
    """Puts the array into HBM. `written_back` collects (copy, original) of arrays not contiguous."""
    original = as_numpy(array)
    kind = dtypes.name_of(original.dtype)
    if kind in ("float64", "int64", "uint64"):
        raise fault(PROGRAM, f"kernel input {name or ''}: the machine has no {kind}",
                    f"convert it to {kind[:-2]}32")
    held = original
    if not (held.flags.c_contiguous and held.flags.writeable):
        held = np.array(held, order="C")
        if written_back is not None and original.flags.writeable:
            written_back.append((held, original))
    carrier = held.view(f"u{held.itemsize}") if held.ndim else held.reshape(1).view(
        f"u{held.itemsize}")
    return session.input(carrier, carrier.shape, kind, name)


def output_array(session, tensor, as_torch):
    name = str(tensor.dtype)
    array = np.array(session.array(tensor), order="C").view(dtypes.numpy_dtype(name))
    if not as_torch:
        return array
    import torch
    if name == "bfloat16" or name.startswith("float8"):
        bits = np.int16 if name == "bfloat16" else np.uint8
        return torch.from_numpy(array.view(bits)).view(getattr(torch, name))
    return torch.from_numpy(array)


def tile_values(session, tensor):
    """What a tensor holds now, as a NumPy array."""
    data, shape, name = session.read(tensor)
    return np.frombuffer(data, dtypes.numpy_dtype(name)).reshape(shape)

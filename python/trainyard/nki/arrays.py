# SPDX-License-Identifier: Apache-2.0
"""NumPy and PyTorch arrays into the core, without copies where their layout allows it."""

import sys

import numpy as np

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.nki import dtype as dtypes

SHOWN_ELEMENTS = 1000   # of a printed tensor; of a larger one its corners
READ_ELEMENTS = 1 << 22  # a tensor with more is printed without values

NEAREST = {"int64": "int32", "uint64": "uint32"}


def is_torch(value):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array(value):
    return isinstance(value, np.ndarray) or is_torch(value)


def _carrier(tensor):
    """A PyTorch tensor as a NumPy array of the same memory."""
    import torch
    if tensor.device.type != "cpu" or tensor.layout != torch.strided:
        raise fault(PROGRAM, f"a kernel input is a {tensor.layout} tensor on {tensor.device}",
                    "pass a dense tensor in host memory: tensor.cpu()")
    tensor = tensor.detach()
    name = str(tensor.dtype).removeprefix("torch.")
    if name == "bfloat16" or name.startswith("float8"):
        bits = torch.int16 if name == "bfloat16" else torch.uint8
        return tensor.view(bits).numpy().view(dtypes.numpy_dtype(name))
    return tensor.numpy()


def as_numpy(array):
    return _carrier(array) if is_torch(array) else array


def signature(array):
    """What a kernel can see of an array beside its elements."""
    return is_torch(array), tuple(array.shape), str(array.dtype)


class Held:
    """An array of the caller's as the core takes it: C-contiguous, seen as unsigned words."""

    def __init__(self, array, name=None):
        self.original, self.torch = as_numpy(array), is_torch(array)
        self.kind, self.name = dtypes.name_of(self.original.dtype), name
        if self.kind not in dtypes.NAMES:
            raise fault(PROGRAM, f"kernel input {name or ''}: the machine has no dtype {self.kind}",
                        f"convert it with astype('{NEAREST.get(self.kind, 'float32')}')")
        if self.original.size == 0:
            raise fault(PROGRAM, f"kernel input {name or ''}: its shape {self.original.shape} has "
                        "no elements", "every dimension is 1 or more")
        self.used = self.original
        if not (self.used.flags.c_contiguous and self.used.flags.writeable
                and self.used.dtype.isnative):
            self.used = np.array(self.used, self.used.dtype.newbyteorder("="), order="C")
        shaped = self.used if self.used.ndim else self.used.reshape(1)
        self.words = shaped.view(f"u{self.used.itemsize}")

    def enter(self, session, buffer=None):
        return session.input(self.words, self.words.shape, self.kind, self.name, buffer=buffer)

    def write_back(self):
        """What the kernel wrote, to an array that had to be copied."""
        if self.used is not self.original and self.original.flags.writeable:
            self.original[...] = self.used


def constant_tensor(session, array, name):
    """A constant of the kernel, in shared HBM."""
    return Held(array, name).enter(session, "shared_hbm")


def output_array(session, tensor, as_torch):
    name = str(tensor.dtype)
    array = session.array(tensor).view(dtypes.numpy_dtype(name))
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


_header = _core.Tensor.__repr__


def tensor_text(tensor):
    """The tensor and what it holds now, for print() and debuggers."""
    session = _core.current_session_or_none()
    if session is None or tensor.size > READ_ELEMENTS:
        return _header(tensor)
    try:
        values = tile_values(session, tensor)
    except _core.Fault:  # what it is indirect by is out of bounds
        return _header(tensor)
    if values.dtype.name in dtypes.PACKED:
        values = values.view(f"u{values.itemsize}")
    elif values.dtype.kind == "V":  # ml_dtypes: NumPy cannot format them
        values = values.astype(np.float32)
    shown = np.array2string(values, threshold=SHOWN_ELEMENTS, edgeitems=3, max_line_width=100)
    return f"{_header(tensor)}\n{shown}"


_core.Tensor.__repr__ = tensor_text

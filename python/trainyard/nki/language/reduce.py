# SPDX-License-Identifier: Apache-2.0
"""Reductions, normalisations, matrix functions and random tiles of nl."""

import builtins

from trainyard import _core
from trainyard.faults import NOT_MODELLED, PROGRAM, fault
from trainyard.nki import dtype as dtypes
from trainyard.nki.arrays import tensor_text
from trainyard.nki.language import tiles
from trainyard.nki.language.memory import is_hbm, ndarray, psum, sbuf
from trainyard.nki.language.tiles import copy, tile_of
from trainyard.nki.settings import session

isa = _core.isa


def _reduce(op, x, axis, dtype=None, keepdims=False):
    x = tile_of(x)
    given = axis if isinstance(axis, (tuple, list)) else [axis]
    axes = sorted(a % x.ndim for a in given)
    if not axes or axes != list(builtins.range(x.ndim - len(axes), x.ndim)) or axes[0] == 0:
        raise fault(PROGRAM, f"axis {axis} of a tile of {x.ndim} dimensions",
                    "what is reduced are the last dimensions, and not the partitions")
    kept = [a for a in builtins.range(x.ndim) if a not in axes]
    shape = tuple(x.shape[a] for a in kept)
    out = ndarray(shape if len(shape) > 1 else (*shape, 1), dtype or x.dtype)
    isa.tensor_reduce(out, op, x, tuple(axes))
    if keepdims:
        return out.reshape(tuple(1 if a in axes else x.shape[a] for a in builtins.range(x.ndim)))
    return out


def sum(x, axis, dtype=None, keepdims=False):
    return _reduce("add", x, axis, dtype, keepdims)


def max(x, axis, dtype=None, keepdims=False):
    return _reduce("maximum", x, axis, dtype, keepdims)


def min(x, axis, dtype=None, keepdims=False):
    return _reduce("minimum", x, axis, dtype, keepdims)


def prod(x, axis, dtype=None, keepdims=False):
    return _reduce("multiply", x, axis, dtype, keepdims)


def _count(x, axis):
    count = 1
    for a in axis if isinstance(axis, (tuple, list)) else [axis]:
        count *= x.shape[a]
    return count


def mean(x, axis, dtype=None, keepdims=False):
    x = tile_of(x)
    total = _reduce("add", x, axis, dtypes.float32, keepdims)
    return tiles.multiply(total, 1.0 / _count(x, axis), dtype or x.dtype)


def var(x, axis, dtype=None, keepdims=False):
    x = tile_of(x)
    middle = mean(x, axis, dtypes.float32, True)
    apart = tiles.square(tiles.subtract(x, middle, dtypes.float32))
    return mean(apart, axis, dtype or x.dtype, keepdims=True)  # documented: keepdims is ignored


def all(x, axis, dtype=None):
    return _reduce("minimum", tiles.not_equal(x, 0), axis, dtype).as_comparison()


def softmax(x, axis=-1, dtype=None):
    x = tile_of(x)
    raised = tiles.exp(tiles.subtract(x, max(x, axis, keepdims=True), dtypes.float32))
    return tiles.divide(raised, sum(raised, axis, keepdims=True), dtype or x.dtype)


def rms_norm(x, w, axis, n, epsilon=1e-06, dtype=None, compute_dtype=None):
    x = tile_of(x)
    kind = compute_dtype or dtypes.float32
    squares = sum(tiles.square(x, kind), axis, keepdims=True)
    scale = tiles.rsqrt(tiles.add(tiles.multiply(squares, 1.0 / n), epsilon))
    return tiles.multiply(tiles.multiply(x, scale, kind), w, dtype or x.dtype)


def where(condition, x, y, dtype=None):
    condition = tile_of(condition)
    if str(condition.dtype) not in ("uint8", "uint16", "uint32"):
        condition = tiles.not_equal(condition, 0, dtypes.uint8)  # predicates are unsigned
    kind = dtype or next((t.dtype for t in (x, y) if isinstance(t, _core.Tensor)), dtypes.float32)
    x, y = (tiles.broadcast_to(t, condition.shape, kind) if isinstance(t, _core.Tensor) else t
            for t in (x, y))
    out = ndarray(condition.shape, kind)
    isa.tensor_copy(out, y) if isinstance(y, _core.Tensor) else isa.memset(out, y)
    isa.tensor_copy_predicated(out, x, condition)
    return out


def expand_dims(x, axis):
    return x.expand_dim(axis % (x.ndim + 1))


def transpose(x, dtype=None):
    x = tile_of(x)
    x = copy(x) if x.buffer is psum else x
    out = ndarray((x.shape[1], x.shape[0]), x.dtype, psum)
    isa.nc_transpose(out, x)
    return copy(out, dtype)


def load_transpose2d(src, dtype=None):
    out = ndarray((src.shape[1], src.shape[0]), src.dtype)
    isa.dma_transpose(out, src)
    return out if dtype is None or dtype == src.dtype else copy(out, dtype)


def gather_flattened(data, indices, axis=0, dtype=None):
    if axis != 0:
        raise fault(NOT_MODELLED, f"nl.gather_flattened along axis {axis}",
                    "the elements of each partition count as one dimension: leave axis out")
    data, indices = (copy(t) if t.buffer is psum else t for t in map(tile_of, (data, indices)))
    if str(indices.dtype) != "uint32":
        indices = copy(indices, dtypes.uint32)
    out = ndarray(indices.shape, data.dtype)
    isa.nc_n_gather(out, data, indices)
    return out if dtype is None or dtype == data.dtype else copy(out, dtype)


def matmul(x, y, transpose_x=False):
    x, y = (copy(t) if t.buffer is psum else t for t in map(tile_of, (x, y)))
    stationary = x if transpose_x else transpose(x)
    out = ndarray((stationary.shape[1], y.shape[1]), dtypes.float32, psum)
    isa.nc_matmul(out, stationary, y)
    return out


# Random bits that a type holds exactly, so that no value rounds up to 1.
EXACT_BITS = {"float32": 24, "tfloat32": 11, "float16": 11, "bfloat16": 8}


def random_seed(seed):
    isa.set_rng_seed(seed)


def rand(shape, dtype, buffer=sbuf, name=""):
    bits = EXACT_BITS.get(str(dtype), 3)
    words = ndarray(shape, dtypes.uint32)
    isa.rng(words)
    isa.tensor_scalar(words, words, "right_shift", 32 - bits)
    out = ndarray(shape, dtype, psum if buffer is psum else sbuf, name)
    isa.tensor_scalar(out, words, "multiply", 2.0 ** -bits)
    if not is_hbm(buffer):
        return out
    tensor = ndarray(shape, dtype, buffer, name)
    isa.dma_copy(tensor, out)
    return tensor


def dropout(x, rate, dtype=None):
    x = tile_of(x)
    out = ndarray(x.shape, x.dtype)
    isa.dropout(out, x, rate)
    return out if dtype is None or dtype == x.dtype else copy(out, dtype)


def device_print(print_prefix, tensor):
    if not isinstance(print_prefix, str):
        raise fault(PROGRAM, f"the prefix of nl.device_print is {print_prefix!r}",
                    "it is a string that is known when the kernel is built")
    if tensor.buffer is psum:
        raise fault(PROGRAM, "nl.device_print of a tensor in PSUM", "copy it to SBUF first")
    session().always_trace = True
    print(print_prefix, tensor_text(tensor))

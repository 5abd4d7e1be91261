# SPDX-License-Identifier: Apache-2.0
"""Instructions that move, transpose and multiply."""

import numpy as np

from trainyard import _core
from trainyard.faults import NOT_MODELLED, PROGRAM, fault
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.emit import kind_of, part, pieces, result, with_mask
from trainyard.neuronxcc.nki.mask import Mask, as_mask
from trainyard.neuronxcc.nki.masked import only, refuse_oblique, restricted
from trainyard.nki import dtype as dtypes
from trainyard.nki.isa.constants import dge_mode as dge_modes
from trainyard.nki.isa.constants import engine as engines
from trainyard.nki.isa.constants import oob_mode as oob_modes
from trainyard.nki.language.memory import is_hbm, psum, sbuf

isa = _core.isa
PERF_MODES = {"double_row_gen3": "double_row"}


def _refuse_mask(mask, instruction):
    if mask is not None:
        raise fault(NOT_MODELLED, f"{instruction} with a mask is not modelled",
                    "slice the operands to what the mask leaves")


def _ready(value):
    tiles.flush()
    return tiles.wrap(value)


def tensor_copy(src, *, mask=None, dtype=None, engine=engines.unknown):
    src = _ready(src)

    def run(dst, box):
        for piece in pieces([dst, src], box, src.shape):
            isa.tensor_copy(dst.core(piece), src.core(piece), engine)

    return result(src.shape, kind_of(dtype) or src.dtype, run, mask, partition=src.partition)


tensor_copy_dynamic_src = tensor_copy


def tensor_copy_dynamic_dst(*, dst, src, mask=None, dtype=None, engine=engines.unknown):
    dst, src = _ready(dst), _ready(src)
    with_mask(lambda place, box: isa.tensor_copy(place.core(), src.core(box), engine), dst, mask)


def memset(shape, value, dtype, *, mask=None, engine=engines.unknown):
    tiles.flush()
    return result(shape, kind_of(dtype),
                  lambda dst, _box: isa.memset(dst.core(), value, engine), mask)


def dma_copy(*, dst, src, mask=None, dst_rmw_op=None, oob_mode=oob_modes.error,
             dge_mode=dge_modes.unknown):
    dst, src = _ready(dst), _ready(src)
    lead = next((t.partition for t in (dst, src) if not is_hbm(t.buffer)), None)

    def run(place, box):
        to, source = place.core() if box else dst.core(None, lead), part_of(src, box, lead)
        if dst_rmw_op is None:
            isa.dma_copy(to, source, oob_mode=oob_mode, dge_mode=dge_mode)
        else:
            isa.dma_compute(to, [to, source], dst_rmw_op, oob_mode=oob_mode)

    with_mask(run, dst, mask)


def part_of(tile, box, lead):
    return tile.core(box, lead) if is_hbm(tile.buffer) else part(tile, box, tile.ndim)


def dma_transpose(src, *, axes=None, mask=None, dtype=None, dge_mode=dge_modes.unknown):
    _refuse_mask(mask, "dma_transpose")
    src = _ready(src)
    order = tuple(axes) if axes is not None else tuple(reversed(range(src.ndim)))
    turned = result([src.shape[d] for d in order], src.dtype, lambda dst, _box:
                    isa.dma_transpose(dst.core(), src.core(), axes=axes, dge_mode=dge_mode),
                    fits=(sbuf,))
    if kind_of(dtype) in (None, src.dtype):
        return turned
    return tensor_copy(turned, dtype=dtype)


def nc_transpose(data, *, mask=None, dtype=None, engine=engines.unknown):
    data = _ready(data)
    vector = engine == engines.vector
    mask = as_mask(mask)
    refuse_oblique(mask, data.shape, "nc_transpose")
    box, _, nothing = restricted(mask, data.shape)
    free = tuple(size for d, size in enumerate(data.shape) if d != data.partition)
    shape = (int(np.prod(free)), data.shape[data.partition])

    def run(dst, _box):
        if nothing:
            return
        place = dst if box is None else Turned(dst, [box[1], box[0]])
        isa.nc_transpose(place.core(), data.core(box), engine)

    buffer = sbuf if vector or data.buffer is psum else psum
    return result(shape, kind_of(dtype) or data.dtype, run, buffer=buffer,
                  fits=(sbuf,) if buffer is sbuf else (psum,))


class Turned:
    """A box of a destination."""

    def __init__(self, tile, box):
        self.tile, self.box = tile, box

    def core(self):
        return self.tile.core(self.box)


def _split(mask, stationary, moving):
    """Of each operand (box, terms, nothing); rows are told from columns by their variables."""
    if mask is None:
        return (None, [], False), (None, [], False)
    if len(mask.terms) > 1:
        raise fault(NOT_MODELLED, "nc_matmul with a mask of several alternatives",
                    "call it once for each part of an |")
    of_stationary = {v for index in stationary.axes for v in index.variables[-1]}
    left, right = [], []
    for condition, equal in (mask.terms or [()])[0]:
        columns = condition.steps[-1] if condition.ndim > 1 else 0
        if not columns:
            left.append((condition, equal)), right.append((condition, equal))
        elif condition.variables[-1] & of_stationary:
            left.append((condition, equal))
        else:
            right.append((condition, equal))
    return tuple(restricted(Mask([conditions] if mask.terms else []), operand.shape)
                 for operand, conditions in ((stationary, left), (moving, right)))


def _operand(tile, box, terms):
    """Zeros add nothing where a mask does not hold."""
    if terms:
        return only(tile, box, terms, 0)[0].core()
    if tile.buffer is not psum:
        return tile.core(box)
    # A matmul reads SBUF; the earlier compiler copied what it found in PSUM.
    copied = tiles.allocate(tile.shape, tile.dtype, partition=tile.partition)
    isa.tensor_copy(copied.core(box), tile.core(box))
    return copied.core(box)


def nc_matmul(stationary, moving, *, is_stationary_onezero=False, is_moving_onezero=False,
              is_transpose=False, tile_position=(), tile_size=(), mask=None, perf_mode="none"):
    stationary, moving = _ready(stationary), _ready(moving)
    left, right = _split(as_mask(mask), stationary, moving)
    shape = stationary.shape[-1], *moving.shape[1:]
    if perf_mode in PERF_MODES:
        shape = stationary.shape[-1], moving.shape[-1]

    def run(dst, _box, accumulate=False):
        place = dst
        if left[2] or right[2]:
            return
        if left[0] is not None:
            place = Turned(dst, [left[0][-1], *right[0][1:]])
        isa.nc_matmul(place.core(), _operand(stationary, *left[:2]), _operand(moving, *right[:2]),
                      is_stationary_onezero, is_moving_onezero, is_transpose, accumulate,
                      tuple(tile_position), tuple(tile_size),
                      PERF_MODES.get(perf_mode, perf_mode))

    held = result(shape, stationary.dtype if is_transpose else dtypes.float32, run, buffer=psum,
                  fits=(psum,))
    held.accumulates = True
    return held


def nc_stream_shuffle(src, dst, shuffle_mask, *, dtype=None, mask=None):
    _refuse_mask(mask, "nc_stream_shuffle")
    src, dst = _ready(src), _ready(dst)
    isa.nc_stream_shuffle(dst.core(), src.core(), list(shuffle_mask))


def local_gather(src_buffer, index, num_elem_per_idx=1, num_valid_indices=None, *, mask=None):
    _refuse_mask(mask, "local_gather")
    src, index = _ready(src_buffer), _ready(index)
    cores = 16  # partitions that share their indices
    count = num_valid_indices or index.shape[1] * cores
    shape = (src.shape[0], index.shape[1], count // index.shape[1], num_elem_per_idx)
    return result(shape, src.dtype, lambda dst, _box: isa.local_gather(
        dst.core(), src.core(), index.core(), num_elem_per_idx, num_valid_indices))

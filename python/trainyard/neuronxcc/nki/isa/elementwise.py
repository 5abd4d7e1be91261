# SPDX-License-Identifier: Apache-2.0
"""Instructions on elements and their reductions."""

import math

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.emit import kind_of, part, pieces, promoted, result, with_mask
from trainyard.neuronxcc.nki.index import Index, broadcast_shapes
from trainyard.neuronxcc.nki.mask import as_mask
from trainyard.neuronxcc.nki.masked import extreme, identity, only, refuse_oblique, restricted
from trainyard.neuronxcc.nki.tile import Tile
from trainyard.nki import dtype as dtypes
from trainyard.nki.isa.constants import engine as engines
from trainyard.nki.isa.constants import reduce_cmd as reduce_cmds
from trainyard.nki.language.memory import psum, sbuf

isa = _core.isa
FP32_MIN = -3.4028234663852886e38


def _tile(value):
    return tiles.wrap(value)


def _ready(*values):
    """What is held back runs before the instruction that reads it."""
    tiles.flush()
    return values[0] if len(values) == 1 else values


def _each(instruction, first, kind, mask, shape=None, fits=None, /, **operands):
    """An instruction that writes one element for each of `first`'s."""
    first = _ready(_tile(first))
    shape = shape or first.shape
    rank = len(shape)
    if operands.get("reduce_res") is not None:
        refuse_oblique(as_mask(mask), shape, f"{instruction.__name__} with reduce_res")

    given = {name: _tile(value) for name, value in operands.items()}
    walked = [value for value in given.values() if isinstance(value, Tile)]

    def run(dst, box):
        whole = operands.get("reduce_res") is not None
        for piece in [box] if whole else pieces([dst, *walked], box, shape):
            instruction(dst.core(piece), **{name: part(value, piece, rank)
                                            for name, value in given.items()})

    more = {} if fits is None else {"fits": fits}
    return result(shape, kind or first.dtype, run, mask, partition=first.partition, **more)


def _fixed(instruction, dst, mask, /, **operands):
    """An instruction into a tile that the kernel gives."""
    dst = _ready(_tile(dst))

    def run(place, box):
        instruction(place.core(), **{name: part(_tile(value), box, dst.ndim)
                                     for name, value in operands.items()})

    with_mask(run, dst, mask)
    return dst


def activation(op, data, *, bias=None, scale=1.0, reduce_op=None, reduce_res=None,
               reduce_cmd=reduce_cmds.idle, mask=None, dtype=None):
    return _each(isa.activation, data, kind_of(dtype), mask, op=op, data=data, bias=bias,
                 scale=scale, reduce_op=reduce_op, reduce_res=reduce_res, reduce_cmd=reduce_cmd)


def activation_reduce(op, data, *, reduce_op, reduce_res, bias=None, scale=1.0, mask=None,
                      dtype=None):
    return _each(isa.activation_reduce, data, kind_of(dtype), mask, op=op, data=data,
                 reduce_op=reduce_op, reduce_res=reduce_res, bias=bias, scale=scale)


def tensor_tensor(data1, data2, op, *, dtype=None, mask=None, engine=engines.unknown):
    data1, data2 = _ready(_tile(data1), _tile(data2))
    shape = broadcast_shapes(data1.shape, data2.shape)
    if math.prod(data1.shape) == math.prod(data2.shape):
        shape = data1.shape
    else:
        data1, data2 = data1.spread(shape), data2.spread(shape)
    return _each(isa.tensor_tensor, data1, kind_of(dtype) or promoted(data1, data2), mask, shape,
                 data1=data1, data2=data2, op=op, engine=engine)


def tensor_scalar(data, op0, operand0, reverse0=False, op1=None, operand1=None, reverse1=False, *,
                  dtype=None, mask=None, engine=engines.unknown):
    return _each(isa.tensor_scalar, data, kind_of(dtype), mask, data=data, op0=op0,
                 operand0=operand0, reverse0=reverse0, op1=op1, operand1=operand1,
                 reverse1=reverse1, engine=engine)


def scalar_tensor_tensor(*, data, op0, operand0, op1, operand1, reverse0=False, reverse1=False,
                         dtype=None, mask=None):
    return _each(isa.scalar_tensor_tensor, data, kind_of(dtype), mask, data=data, op0=op0,
                 operand0=operand0, op1=op1, operand1=operand1, reverse0=reverse0,
                 reverse1=reverse1)


def tensor_scalar_reduce(*, data, op0, operand0, reduce_op, reduce_res, reverse0=False, dtype=None,
                         mask=None):
    return _each(isa.tensor_scalar_reduce, data, kind_of(dtype), mask, data=data, op0=op0,
                 operand0=operand0, reduce_op=reduce_op, reduce_res=reduce_res,
                 reverse0=reverse0)


def tensor_scalar_cumulative(*, src, dst, op0, op1, imm0, imm1=None,
                             reduce_cmd=reduce_cmds.reset_reduce, mask=None):
    return _fixed(isa.tensor_scalar_cumulative, dst, mask, src=src, op0=op0, op1=op1, imm0=imm0,
                  imm1=imm1, reduce_cmd=reduce_cmd)


def tensor_tensor_scan(data0, data1, initial, op0, op1, reverse0=False, reverse1=False, *,
                       dtype=None, mask=None):
    return _each(isa.tensor_tensor_scan, data0, kind_of(dtype), mask, data0=data0, data1=data1,
                 initial=initial, op0=op0, op1=op1, reverse0=reverse0, reverse1=reverse1)


def reciprocal(data, *, dtype=None, mask=None):
    return _each(isa.reciprocal, data, kind_of(dtype), mask, data=data)


def dropout(data, prob, *, mask=None, dtype=None):
    return _each(isa.dropout, data, kind_of(dtype), mask, data=data, prob=prob)


def _axes(axis, rank):
    return [a % rank for a in (axis if isinstance(axis, (tuple, list)) else [axis])]


def tensor_reduce(op, data, axis, *, mask=None, dtype=None, negate=False, keepdims=False):
    data = _ready(_tile(data))
    axes = _axes(axis, data.ndim)
    if data.partition in axes:
        raise fault(PROGRAM, "tensor_reduce along the partitions",
                    "nisa.tensor_partition_reduce, or a matmul with a row of ones")
    kept = [d for d in range(data.ndim) if d not in axes]
    shape = [1 if d in axes else data.shape[d] for d in range(data.ndim)] if keepdims else [
        data.shape[d] for d in kept]
    mask = as_mask(mask)
    box, terms, nothing = restricted(mask, data.shape)
    partition = data.partition if keepdims else kept.index(data.partition)

    def reduced(place, name, tile, span, negated):
        source = tile.core(span)  # partitions are its dimension 0
        order = [data.partition, *(d for d in range(data.ndim) if d != data.partition)]
        if source.ndim != data.ndim:
            order = [None, *range(data.ndim)]
        turned = [i for i, d in enumerate(order) if d not in axes] + [
            i for i, d in enumerate(order) if d in axes]
        rank = source.ndim
        source = source if turned == list(range(rank)) else source.permute(tuple(turned))
        isa.tensor_reduce(place, name, source, tuple(range(rank - len(axes), rank)),
                          negate=negated)

    def run(dst, _box):
        if nothing:
            return
        if box is None:
            reduced(dst.core(), op, data, None, negate)
            return
        span = [(0, 1) if d in axes else box[d]
                for d in range(data.ndim) if keepdims or d not in axes]
        place = Part(dst, span).core()
        if not terms:
            reduced(place, op, data, box, negate)
            return
        left, chosen = only(data, box, terms, identity(op, data.dtype))
        inside = mask.holds(data.shape)[tuple(slice(*each) for each in box)]
        if inside.any(tuple(axes)).all():
            reduced(place, op, left, None, negate)
            return
        # Where the mask leaves nothing of a row, its result stays as it was.
        size = [stop - start for start, stop in span]
        found = tiles.allocate(size, dst.dtype, partition=partition)
        reduced(found.core(), op, left, None, negate)
        rows = tiles.allocate(size, dtypes.uint8, partition=partition)
        reduced(rows.core(), "maximum", chosen, None, False)
        isa.tensor_copy_predicated(place, found.core(), rows.core())

    return result(shape, kind_of(dtype) or data.dtype, run, partition=partition)


class Part:
    """A box of a destination; a missing last dimension has one element."""

    def __init__(self, tile, span):
        self.tile, self.span = tile, span

    def core(self):
        return self.tile.core(self.span + [(0, 1)] * (self.tile.ndim - len(self.span)))


def tensor_partition_reduce(op, data, *, mask=None, dtype=None):
    data = _ready(_tile(data))
    mask = as_mask(mask)
    refuse_oblique(mask, data.shape, "tensor_partition_reduce")
    box, _, nothing = restricted(mask, data.shape)

    def run(dst, _box):
        if not nothing:
            place = dst if box is None else Part(dst, [(0, 1), *box[1:]])
            isa.tensor_partition_reduce(place.core(), op, data.core(box))

    return result((1, *data.shape[1:]), kind_of(dtype) or data.dtype, run, fits=(sbuf,))


def iota(expr, dtype, *, mask=None):
    _ready(expr)

    def run(dst, box):
        span = box or [(0, size) for size in expr.shape]
        start = expr.constant + sum(s * low for s, (low, _) in zip(expr.steps, span))
        free = [[s, high - low] for s, (low, high) in zip(expr.steps[1:], span[1:])]
        isa.iota(dst.core(), free or [[0, 1]], start, expr.steps[0])

    return result(expr.shape, kind_of(dtype), run, mask, fits=(sbuf,))


def affine_select(pred, on_true_tile, on_false_value, *, mask=None, dtype=None):
    data = _ready(_tile(on_true_tile))
    if data.buffer is psum:
        copied = tiles.allocate(data.shape, data.dtype, partition=data.partition)
        isa.tensor_copy(copied.core(), data.core())
        data = copied
    if len(pred.terms) != 1 or len(pred.terms[0]) != 1:
        raise fault(PROGRAM, "affine_select takes one comparison of index variables",
                    "select once for each", instruction="affine_select")
    index, equal = pred.terms[0][0]
    index = Index(*_over(index, data.shape))

    def run(dst, box):
        span = box or [(0, size) for size in data.shape]
        start = index.constant + sum(s * low for s, (low, _) in zip(index.steps, span))
        free = [[index.steps[d], high - low] for d, (low, high) in enumerate(span)
                if d != data.partition]
        isa.affine_select(dst.core(), free or [[0, 1]], index.steps[data.partition],
                          data.core(box), on_false_value,
                          "equal" if equal else "greater_equal", start)

    return result(data.shape, kind_of(dtype) or data.dtype, run, mask, partition=data.partition,
                  fits=(sbuf,))


def _over(index, shape):
    wide = index.aligned(shape)
    return wide.constant, wide.steps, wide.shape, wide.variables


def bn_stats(data, *, mask=None, dtype=None):
    return _fixed_width(isa.bn_stats, data, 6, mask, dtype)


def bn_aggr(data, *, mask=None, dtype=None):
    return _fixed_width(isa.bn_aggr, data, 2, mask, dtype)


def max8(*, src, mask=None, dtype=None):
    return _fixed_width(isa.max8, src, 8, mask, dtype, looks_for_large=True)


def _fixed_width(instruction, data, width, mask, dtype, kind=None, looks_for_large=False,
                 **operands):
    """A few numbers for each partition; the mask says what of data they are of."""
    data = _ready(_tile(data))
    mask = as_mask(mask)
    box, terms, nothing = restricted(mask, data.shape)
    if not looks_for_large:
        refuse_oblique(mask, data.shape, instruction.__name__)

    def run(dst, _box):
        if nothing:
            return
        place = dst if box is None else Part(dst, [box[data.partition], (0, width)])
        rows = None if box is None else [box[data.partition], (0, width)]
        given = {name: value.core(rows) if isinstance(value, Tile) else value
                 for name, value in operands.items()}
        left = only(data, box, terms, extreme(data.dtype))[0].core() if terms else data.core(box)
        instruction(place.core(), left, **given)

    return result((data.shape[data.partition], width), kind_of(dtype) or kind or data.dtype, run)


def nc_find_index8(*, data, vals, mask=None, dtype=None):
    return _fixed_width(isa.nc_find_index8, data, 8, mask, dtype, dtypes.uint32, True,
                        vals=_tile(vals))


def nc_match_replace8(*, data, vals, imm, dst_idx=None, mask=None, dtype=None):
    data, vals, dst_idx = _ready(_tile(data), _tile(vals), _tile(dst_idx))

    def run(dst, box):
        rows = None if box is None else [box[0], (0, 8)]
        isa.nc_match_replace8(dst.core(), data.core(box), vals.core(rows), imm,
                              None if dst_idx is None else dst_idx.core(rows))

    return result(data.shape, kind_of(dtype) or data.dtype, run, mask)


def sequence_bounds(*, segment_ids, dtype=None):
    ids = _ready(_tile(segment_ids))
    return result((ids.shape[0], 2, ids.shape[1]), kind_of(dtype) or ids.dtype,
                  lambda dst, _box: isa.sequence_bounds(dst.core(), ids.core()))


def _bits(predicate):
    """A predicate as the core takes it: unsigned integers."""
    predicate = _ready(_tile(predicate))
    if "int" in str(predicate.dtype):
        return predicate
    if str(predicate.dtype) == "bool":
        return predicate.view(dtypes.uint8)
    return tensor_scalar(predicate, "not_equal", 0.0, dtype=dtypes.uint8)


def range_select(*, on_true_tile, comp_op0, comp_op1, bound0, bound1,
                 reduce_cmd=reduce_cmds.idle, reduce_res=None, reduce_op="maximum", range_start=0,
                 on_false_value=FP32_MIN, mask=None, dtype=None):
    return _each(isa.range_select, on_true_tile, kind_of(dtype), mask,
                 on_true_tile=on_true_tile, comp_op0=comp_op0, comp_op1=comp_op1, bound0=bound0,
                 bound1=bound1, reduce_cmd=reduce_cmd, reduce_res=reduce_res,
                 reduce_op=reduce_op, range_start=range_start, on_false_value=on_false_value)


def select_reduce(*, dst, predicate, on_true, on_false, reduce_res=None,
                  reduce_cmd=reduce_cmds.idle, reduce_op="maximum", reverse_pred=False, mask=None,
                  dtype=None):
    return _fixed(isa.select_reduce, dst, mask, predicate=_bits(predicate), on_true=on_true,
                  on_false=on_false, reduce_res=reduce_res, reduce_cmd=reduce_cmd,
                  reduce_op=reduce_op, reverse_pred=reverse_pred)


def tensor_copy_predicated(*, src, dst, predicate, reverse_pred=False, mask=None, dtype=None):
    return _fixed(isa.tensor_copy_predicated, dst, mask, src=src, predicate=_bits(predicate),
                  reverse_pred=reverse_pred)



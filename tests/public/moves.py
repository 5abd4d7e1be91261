# SPDX-License-Identifier: Apache-2.0
"""The readings of calls that move, select or search; readings.py tells what such a function is."""

import numpy as np
from call import NoReading
from reference import dma, elementwise, formats, gather, max8, select, transpose
from sums import Sums


def nc_transpose(call):
    data, dtype = call.rows("data"), call.dtype("dst")
    return lambda: {"dst": elementwise.tensor_copy(transpose.nc_transpose(data), dtype)}


def dma_transpose(call):
    src, axes = call.tile("src"), tuple(call["axes"] or ())
    dtype = call.dtype("dst")
    if src.ndim < 2:
        raise NoReading("a transposed vector")
    return lambda: {"dst": dma.dma_copy(transpose.dma_transpose(src, axes or None), dtype)}


def tensor_copy(call):
    src, dtype = call.rows("src"), call.dtype("dst")
    return lambda: {"dst": elementwise.tensor_copy(src, dtype)}


def dma_copy(call):
    if call.choice("oob_mode") == "skip" and (
            call["src"].is_indirect() or call["dst"].is_indirect()):
        raise NoReading("skipped rows")
    src, dtype = call.tile("src"), call.dtype("dst")
    return lambda: {"dst": dma.dma_copy(src, dtype)}


def dma_compute(call):
    if call.operator("reduce_op") != "add" or call["dst"].is_indirect():
        raise NoReading("a sum into chosen rows")
    sources = [call.read(source) for source in call["srcs"]]
    sources = [source.reshape(source.shape[0], -1) for source in sources]
    scales, dtype = list(call["scales"] or ()), call.dtype("dst")
    return lambda: {"dst": dma.dma_compute(sources, scales or None, dtype)}


def memset(call):
    shape, value, dtype = call.shape("dst"), call["value"], call.dtype("dst")
    return lambda: {"dst": elementwise.memset(shape, value, dtype)}


def tensor_copy_predicated(call):
    dst, predicate, reverse = call.rows("dst"), call.rows("predicate"), bool(call["reverse_pred"])
    number = not hasattr(call["src"], "dtype")
    src = call["src"] if number else call.rows("src")
    if number and formats.is_integer(call.dtype("dst")):
        src = np.full(dst.shape, int(src)).astype(dst.dtype)
    return lambda: {"dst": select.tensor_copy_predicated(dst, src, predicate, reverse)}


def select_reduce(call):
    predicate, on_true = call.rows("predicate"), call.rows("on_true")
    on_false, reverse, dtype = call.operand("on_false"), bool(call["reverse_pred"]), call.dtype(
        "dst")
    sums = Sums(call, "vector", "maximum", call.choice("reduce_cmd"))

    def work():
        tile, values = select.select_reduce(predicate, on_true, on_false, reverse, dtype)
        return {"dst": tile, **sums.take(values)}
    return work


def range_select(call):
    on_true, bounds = call.rows("on_true_tile"), [call.rows(n) for n in ("bound0", "bound1")]
    ops, dtype = [call.choice(n) for n in ("comp_op0", "comp_op1")], call.dtype("dst")
    start = call["range_start"]
    sums = Sums(call, "vector", "maximum", call.choice("reduce_cmd"))

    def work():
        tile, values = select.range_select(on_true, *ops, *bounds, start, dtype)
        return {"dst": tile, **sums.take(values)}
    return work


def iota(call):
    partitions, dtype = call.shape("dst")[0], call.dtype("dst")
    pattern, rest = call["pattern"], (call["offset"], call["channel_multiplier"])
    return lambda: {"dst": select.iota(pattern, *rest, partitions, dtype)}


def affine_select(call):
    if hasattr(call["channel_multiplier"], "dtype"):
        raise NoReading("the former order of arguments")
    on_true, on_false, op = call.rows("on_true_tile"), call["on_false_value"], call.choice("cmp_op")
    pattern, multiplier, offset = call["pattern"], call["channel_multiplier"], call["offset"]
    dtype = call.dtype("dst")
    return lambda: {"dst": select.affine_select(pattern, multiplier, on_true, on_false, op, offset,
                                                dtype)}


def eight_largest(call):
    src, dtype = call.rows("src"), call.dtype("dst")
    return lambda: {"dst": max8.max8(src, dtype)}


def nc_find_index8(call):
    data, vals, dtype = call.rows("data"), call.rows("vals"), call.dtype("dst")
    return lambda: {"dst": max8.nc_find_index8(data, vals, dtype)}


def nc_match_replace8(call):
    data, vals, dtype = call.rows("data"), call.rows("vals"), call.dtype("dst")
    index = None if call["dst_idx"] is None else call.dtype("dst_idx")

    def work():
        tile, places = max8.nc_match_replace8(data, vals, call["imm"], dtype, index or "uint32")
        return {"dst": tile, **({"dst_idx": places} if index else {})}
    return work


def nc_stream_shuffle(call):
    dst, src, mask = call.rows("dst"), call.rows("src"), call["shuffle_mask"]
    return lambda: {"dst": gather.nc_stream_shuffle(dst, src, mask)}


def nc_n_gather(call):
    data, indices = call.rows("data"), call.rows("indices")
    return lambda: {"dst": gather.nc_n_gather(data, indices)}


def nonzero_with_count(call):
    dst, src = call.rows("dst"), call.rows("src")
    offset, padding = call["index_offset"], call["padding_val"]
    return lambda: {"dst": gather.nonzero_with_count(dst, src, offset, padding)}


READINGS = {"max8": eight_largest, **{f.__name__: f for f in (
    nc_transpose, dma_transpose, tensor_copy, dma_copy, dma_compute, memset, tensor_copy_predicated,
    select_reduce, range_select, iota, affine_select, nc_find_index8, nc_match_replace8,
    nc_stream_shuffle, nc_n_gather, nonzero_with_count)}}

# SPDX-License-Identifier: Apache-2.0
"""Data movement equals its NumPy reading bit for bit."""

import numpy as np
import pytest
from cases import check, partitions_and_start
from reference import dma, gather, registers, transpose
from reference.formats import FLOATS, INTEGERS

ALL = FLOATS + INTEGERS


def pick(rng, names):
    return str(rng.choice(names))


def layout(case):
    partitions, start = partitions_and_start(case.rng)
    return partitions, int(case.rng.choice([1, 2, 3, 8, 12, 33, 64])), start


def dma_copy(case):
    rng = case.rng
    partitions, n, start = layout(case)
    spaces = [("hbm", "sbuf"), ("sbuf", "hbm"), ("hbm", "hbm"), ("sbuf", "sbuf")]
    space = spaces[int(rng.integers(0, 4))]
    source, target = pick(rng, ALL), pick(rng, ALL)
    if rng.random() < 0.5:
        target = source
    src = case.tile("src", (partitions, n), source, start=start, buffer=space[0],
                    mode="normal" if target in INTEGERS and source in FLOATS else None)
    dst = case.tile("dst", (partitions, n), target, start=start, buffer=space[1], read_only=False)
    case.call(dst=dst, src=src)
    case.expect(dst, dma.dma_copy(src.values, target))


def row_index(case, partitions, rows, distinct, skip):
    rng = case.rng
    index = rng.permutation(rows)[:partitions] if distinct else rng.integers(0, rows, partitions)
    if skip:
        index = np.where(rng.random(partitions) < 0.2, rows + rng.integers(0, 9, partitions), index)
    return case.tile("index", (partitions, 1), pick(rng, ["uint32", "int32"]), plain=True,
                     values=index[:, None])


def gather_rows(case):
    rng = case.rng
    partitions, n, _ = layout(case)
    rows, dtype, skip = int(rng.integers(1, 200)), pick(rng, ALL), bool(rng.random() < 0.4)
    table = case.tile("table", (rows, n), dtype, buffer="hbm", plain=True)
    index = row_index(case, partitions, rows, False, skip)
    dst = case.tile("dst", (partitions, n), dtype, plain=True)
    indirect(case, table, index, n)
    case.call("dma_copy", dst=dst, src=table, oob_mode="skip" if skip else "error")
    case.expect(dst, dma.gather_rows(dst.values, table.values, index.values, skip))


def indirect(case, table, index, n):
    """The view is the table as the index chooses its rows."""
    rows = index.values.shape[0]
    table.text = f"table.ap([[{n}, {rows}], [1, {n}]], 0, vector_offset=index, indirect_dim=0)"


def scatter_rows(case):
    rng = case.rng
    partitions, n, _ = layout(case)
    rows, dtype = partitions + int(rng.integers(0, 50)), pick(rng, ALL)
    skip = bool(rng.random() < 0.4)
    table = case.tile("table", (rows, n), dtype, buffer="hbm", plain=True)
    index = row_index(case, partitions, rows, True, skip)
    src = case.tile("src", (partitions, n), dtype, plain=True)
    indirect(case, table, index, n)
    case.call("dma_copy", dst=table, src=src, oob_mode="skip" if skip else "error")
    case.expect(table, dma.scatter_rows(table.values, src.values, index.values, skip))


def dma_compute(case):
    rng = case.rng
    partitions, n, start = layout(case)
    count = int(rng.integers(1, 5))
    types = [pick(rng, FLOATS[:3]) for _ in range(count + 1)]
    sources = [case.tile(f"src{i}", (partitions, n), types[i], start=start,
                         buffer=pick(rng, ["sbuf", "hbm"]), mode="normal") for i in range(count)]
    dst = case.tile("dst", (partitions, n), types[-1], start=start, read_only=False)
    scales = None
    if rng.random() < 0.5:  # of releases before 0.6
        scales = [float(np.float32(k)) for k in rng.standard_normal(count)]
    case.call(dst=dst, srcs=sources, reduce_op="add", scales=scales)
    case.expect(dst, dma.dma_compute([s.values for s in sources], scales, types[-1]))


def scatter_add(case):
    rng = case.rng
    partitions, n, _ = layout(case)
    rows, dtype = int(rng.integers(1, 100)), pick(rng, FLOATS[:3])
    unique = rows >= partitions and rng.random() < 0.5
    table = case.tile("table", (rows, n), dtype, buffer="hbm", plain=True, mode="normal")
    index = row_index(case, partitions, rows, unique, False)
    src = case.tile("src", (partitions, n), dtype, plain=True, mode="normal")
    indirect(case, table, index, n)
    case.call("dma_compute", dst=table, srcs=[src, table], reduce_op="add",
              unique_indices=bool(unique))
    case.expect(table, dma.scatter_rows(table.values, src.values, index.values, False, add=True))


def gather_add(case):
    """dst = dst + rows of a table in HBM."""
    rng = case.rng
    partitions, n, _ = layout(case)
    rows, dtype = int(rng.integers(1, 100)), pick(rng, FLOATS[:3])
    table = case.tile("table", (rows, n), dtype, buffer="hbm", plain=True, mode="normal")
    index = row_index(case, partitions, rows, False, False)
    dst = case.tile("dst", (partitions, n), dtype, plain=True, mode="normal")
    indirect(case, table, index, n)
    case.call("dma_compute", dst=dst, srcs=[table, dst], reduce_op="add")
    chosen = table.values[index.values.reshape(-1).astype(int)]
    case.expect(dst, dma.dma_compute([chosen, dst.values], None, dtype))


def scalar_offset(case):
    """One run-time row number for the whole pattern."""
    rng = case.rng
    partitions, n, _ = layout(case)
    blocks, dtype = int(rng.integers(1, 8)), pick(rng, ALL)
    table = case.tile("table", (blocks * partitions, n), dtype, buffer="hbm", plain=True)
    first = int(rng.integers(0, (blocks - 1) * partitions + 1))
    case.tile("row", (1, 1), pick(rng, ["int32", "uint32"]), plain=True, values=[[first]])
    dst = case.tile("dst", (partitions, n), dtype, plain=True)
    table.text = f"table.ap([[{n}, {partitions}], [1, {n}]], 0, scalar_offset=row, indirect_dim=0)"
    case.call("dma_copy", dst=dst, src=table)
    case.expect(dst, table.values[first:first + partitions])


def gather_transpose(case):
    rng = case.rng
    count, width = 16 * int(rng.integers(1, 9)), int(rng.integers(1, 129))
    rows, dtype = int(rng.integers(1, 200)), pick(rng, ["bfloat16", "float16", "uint16"])
    table = case.tile("table", (rows, width), dtype, buffer="hbm", plain=True)
    case.tile("index", (count, 1), "uint32", plain=True, values=rng.integers(0, rows, (count, 1)))
    index = case.tiles[-1]
    dst = case.tile("dst", (width, count), dtype, plain=True)
    indirect(case, table, index, width)
    case.call("dma_transpose", dst=dst, src=table, axes=(1, 0))
    chosen = table.values[index.values.reshape(-1).astype(int)]
    case.expect(dst, transpose.nc_transpose(chosen))


def dma_transpose(case):
    rng = case.rng
    rank = int(rng.integers(2, 5))
    shape = [int(n) for n in rng.integers(1, 9, rank)]
    dtype = pick(rng, ["bfloat16", "float16", "int16", "uint16"])
    axes = transpose.DEFAULT_AXES[rank]
    src = case.tile("src", shape, dtype, buffer=pick(rng, ["hbm", "sbuf"]), plain=True)
    dst = case.tile("dst", [shape[a] for a in axes], dtype, plain=True)
    case.call(dst=dst, src=src, axes=axes)
    case.expect(dst, transpose.dma_transpose(src.storage, axes).reshape(dst.flat.shape))


def nc_transpose(case):
    rng = case.rng
    engine = pick(rng, ["tensor", "vector"])
    limit = 32 if engine == "vector" else 128
    partitions, n = (int(v) for v in rng.integers(1, limit + 1, 2))
    dtype = pick(rng, ["float32", "bfloat16", "float16", "float8_e5m2"])
    buffer = "psum" if engine == "tensor" else case.space()
    data = case.tile("data", (partitions, n), dtype, free_split=False)
    dst = case.tile("dst", (n, partitions), dtype, buffer=buffer, plain=True)
    case.call(dst=dst, data=data, engine=engine)
    case.expect(dst, transpose.nc_transpose(data.values))


def nc_stream_shuffle(case):
    rng = case.rng
    n, dtype = int(rng.integers(1, 20)), pick(rng, ALL)
    partitions = int(rng.choice([32, 64, 96, 128]))
    starts = [partitions_and_start(rng, partitions)[1] for _ in range(2)]
    src = case.tile("src", (partitions, n), dtype, start=starts[0])
    dst = case.tile("dst", (partitions, n), dtype, start=starts[1], read_only=False)
    mask = [255 if rng.random() < 0.2 else int(v) for v in rng.integers(0, 32, 32)]
    case.call(dst=dst, src=src, shuffle_mask=tuple(mask))
    case.expect(dst, gather.nc_stream_shuffle(dst.values, src.values, mask))


def nc_n_gather(case):
    rng = case.rng
    partitions, n, start = layout(case)
    count, dtype = int(rng.integers(1, 40)), pick(rng, ALL)
    data = case.tile("data", (partitions, n), dtype, start=start)
    indices = case.tile("indices", (partitions, count), "uint32", start=start, read_only=False,
                        values=rng.integers(0, n, (partitions, count)))
    dst = case.tile("dst", (partitions, count), dtype, start=start, read_only=False)
    case.call(dst=dst, data=data, indices=indices)
    case.expect(dst, gather.nc_n_gather(data.values, indices.values))


def tensor_indirection(case):
    """tensor_copy out of or into columns that an index tile chooses."""
    rng = case.rng
    partitions, n, dtype = 16 * int(rng.integers(1, 9)), int(rng.integers(20, 90)), pick(rng, ALL)
    columns = int(rng.integers(1, 3))
    count = min(n, 16 * columns - int(rng.integers(0, 16)))
    lists = [rng.permutation(n)[:count] for _ in range(partitions // 16)]
    index = np.zeros((partitions, columns), np.int64)
    for group, chosen in enumerate(lists):
        padded = np.concatenate([chosen, np.zeros(16 * columns - count, np.int64)])
        index[16 * group:16 * group + 16] = padded.reshape(-1, 16).T
    case.tile("index", (partitions, columns), pick(rng, ["uint16"]), plain=True, values=index)
    where = gather.indirect_columns(index, count, partitions)
    into = bool(rng.random() < 0.5)
    wide = case.tile("wide", (partitions, n), dtype, plain=True)
    narrow = case.tile("narrow", (partitions, count), dtype, plain=True)
    values = wide.values.copy()
    wide.text = f"wide.indirect(index, {count})"
    if into:
        case.call("tensor_copy", dst=wide, src=narrow, engine="vector")
        np.put_along_axis(values, where, narrow.values, axis=1)
        case.expect(wide, values)
    else:
        case.call("tensor_copy", dst=narrow, src=wide, engine="vector")
        case.expect(narrow, np.take_along_axis(values, where, axis=1))


def local_gather(case):
    rng = case.rng
    partitions = 16 * int(rng.integers(1, 9))
    each = int(rng.choice([1, 2, 4, 8]))
    n, columns, dtype = 32 + int(rng.integers(0, 30)), int(rng.integers(1, 4)), pick(rng, ALL)
    valid = 16 * columns - int(rng.integers(0, 16))
    src = case.tile("src", (partitions, n), dtype, plain=True)
    index = case.tile("index", (partitions, columns), "uint16", plain=True,
                      values=rng.integers(0, n - each + 1, (partitions, columns)))
    dst = case.tile("dst", (partitions, valid * each), dtype, plain=True)
    case.call(dst=dst, src_buffer=src, index=index, num_elem_per_idx=each, num_valid_indices=valid)
    case.expect(dst, gather.local_gather(src.values, index.values, each, valid))


def nonzero_with_count(case):
    rng = case.rng
    partitions, n, _ = layout(case)
    src = case.tile("src", (partitions, n), pick(rng, ["float32", "int32"]), plain=True,
                    values=rng.integers(-1, 2, (partitions, n)))
    dst = case.tile("dst", (partitions, n + 1), "int32", plain=True)
    offset, padding = (int(v) for v in rng.integers(-5, 100, 2))
    case.call(dst=dst, src=src, index_offset=offset, padding_val=padding)
    case.expect(dst, gather.nonzero_with_count(dst.values, src.values, offset, padding))


def sequence_bounds(case):
    rng = case.rng
    n, dtype = int(rng.integers(1, 60)), pick(rng, ["float32", "int32"])
    ids = np.sort(rng.integers(0, 6, n))
    ids = np.concatenate([ids[ids > 0], ids[ids == 0]])
    segment_ids = case.tile("segment_ids", (1, n), dtype, plain=True, values=ids[None])
    dst = case.tile("dst", (1, 2, n), dtype, plain=True)
    case.call(dst=dst, segment_ids=segment_ids)
    case.expect(dst, gather.sequence_bounds(segment_ids.values).reshape(1, -1))


def topk(case):
    rng = case.rng
    partitions, n = 16 * int(rng.integers(1, 9)), int(rng.integers(8, 200))
    k = int(rng.integers(1, min(n, 20) + 1))
    values = rng.permutation(256)[:n] if n <= 256 else None     # distinct: ties have no rule
    src = case.tile("src", (partitions, -(-n // 16)), "bfloat16", plain=True)
    filled = np.zeros((partitions, src.values.shape[1]))
    for start in range(0, partitions, 16):
        snake = np.zeros(16 * filled.shape[1])
        snake[:n] = rng.permutation(values)
        filled[start:start + 16] = snake.reshape(-1, 16).T
    src.storage = filled.astype(src.storage.dtype)
    val_dst = case.tile("val_dst", (partitions, k), "bfloat16", plain=True)
    idx_dst = case.tile("idx_dst", (partitions, k), "uint32", plain=True)
    case.call(val_dst=val_dst, idx_dst=idx_dst, src=src, n=n)
    want = gather.topk(src.values, n, k)
    case.expect(val_dst, want[0])
    case.expect(idx_dst, want[1])


def register_store(case):
    """A value through a register: loaded from a tile, moved, stored."""
    from trainyard import _core
    rng = case.rng
    value = int(rng.integers(-2**31, 2**31))
    src = case.tile("src", (1, 1), "int32", plain=True, values=[[value]],
                    buffer=pick(rng, ["sbuf", "hbm"]))
    dst = case.tile("dst", (1, 1), "int32", plain=True, buffer=pick(rng, ["sbuf", "hbm"]))
    made = {}

    def register(name):
        def get():
            if name not in made:
                made[name] = _core.isa.register_alloc()
            return made[name]
        get.__name__ = name
        return get

    case.call("register_load", dst=register("a"), src=src)
    case.call("register_move", dst=register("b"), src=register("a"))
    case.call("register_store", dst=dst, src=register("b"))
    case.expect(dst, [[registers.register_round_trip(value, "int32", "int32")]])


@pytest.mark.parametrize("generate", [
    dma_copy, gather_rows, scatter_rows, dma_compute, scatter_add, gather_add, scalar_offset,
    gather_transpose, dma_transpose, nc_transpose, nc_stream_shuffle, nc_n_gather,
    tensor_indirection, local_gather, nonzero_with_count, sequence_bounds, topk, register_store],
    ids=lambda g: g.__name__)
def test_moving_instruction_equals_its_numpy_reading(generate):
    check(generate.__name__, generate)

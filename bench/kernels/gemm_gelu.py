# SPDX-License-Identifier: Apache-2.0
"""gelu(x @ w + bias): fused, by the Scalar Engine's table or by a polynomial on the Vector Engine;
and in two launches with x @ w + bias in HBM between them.

`xt` is x transposed [K, M], `w` [K, N], `bias` [1, N]. Tiles go by rows, then columns, then the
contraction. What AWS's compiler makes of it stands here: w stays in SBUF if it fits there and is
loaded again for each row of tiles if not; the rows of x are loaded once for all columns; the bias
comes to all partitions as a product with ones on the Tensor Engine.
"""

import nki
import nki.isa as nisa
import nki.language as nl

P = 128     # rows of a tile; contraction of a product
COLUMNS = 512   # float32 of a PSUM bank
# Loads of a loop that one transfer does, as four stores in the attention trace.
JOINED = 16
SBUF = 192 * 1024   # of each partition, what the compiler gives to tensors
GELU_TERM, GELU_SCALE = 0.044715, 0.7978845608028654   # of the tanh form


def bytes_of(tensor):
    return 4 if tensor.dtype == nl.float32 else 2


def load(source):
    tile = nl.ndarray(source.shape, dtype=source.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=source, dge_mode=nisa.dge_mode.swdge)
    return tile


def store(to, tile):
    nisa.dma_copy(dst=to, src=tile, dge_mode=nisa.dge_mode.swdge)


def sbuf_like(tile):
    return nl.ndarray(tile.shape, dtype=tile.dtype, buffer=nl.sbuf)


def load_tiles(source, columns):
    """These columns of all tiles of 128 rows, JOINED by a transfer, as tiles [128, columns]."""
    tiles = []
    for first in range(0, source.shape[0], JOINED * P):
        rows = source[first:min(first + JOINED * P, source.shape[0]), columns]
        rows = rows.reshape((rows.shape[0] // P, P, rows.shape[1]))
        part = load(rows.rearrange(("t", "p", "c"), ("p", "t", "c")))
        tiles += [part[:, t, :] for t in range(part.shape[1])]
    return tiles


class Weights:
    """Columns of w, 512 at a time."""

    def __init__(self, w, other_bytes):
        depth, width = w.shape
        held = depth // P * width * bytes_of(w)
        self.w, self.kept = w, {}
        self.stay = held + other_bytes <= SBUF
        if self.stay:
            self.kept = {n: self.columns(n) for n in range(width // COLUMNS)}

    def columns(self, n):
        if n in self.kept:
            return self.kept[n]
        return load_tiles(self.w, nl.ds(n * COLUMNS, COLUMNS))


def sums(xt, w, bias, finish):
    """`finish(rows, columns, x @ w + bias there)` for each tile."""
    depth, height = xt.shape
    width = w.shape[1]
    ones = nl.ndarray((1, P), dtype=bias.dtype, buffer=nl.sbuf)
    nisa.memset(dst=ones, value=1.0)
    with nl.no_reorder():
        biases, first = load(bias), load_tiles(xt, nl.ds(0, P))
        weights = Weights(w, 2 * depth * bytes_of(xt))
    for m in range(height // P):
        rows = nl.ds(m * P, P)
        x = load_tiles(xt, rows) if m else first
        for n in range(width // COLUMNS):
            columns = nl.ds(n * COLUMNS, COLUMNS)
            moving = weights.columns(n)
            product = nl.ndarray((P, COLUMNS), dtype=nl.float32, buffer=nl.psum)
            for k in range(depth // P):
                nisa.nc_matmul(dst=product, stationary=x[k], moving=moving[k])
            spread = nl.ndarray((P, COLUMNS), dtype=nl.float32, buffer=nl.psum)
            nisa.nc_matmul(dst=spread, stationary=ones, moving=biases[:, columns])
            copy = nl.ndarray((P, COLUMNS), dtype=xt.dtype, buffer=nl.sbuf)
            nisa.tensor_copy(dst=copy, src=product)
            total = sbuf_like(copy)
            nisa.tensor_tensor(dst=total, data1=copy, data2=spread, op=nl.add)
            finish(rows, columns, total)


def gelu(x):
    result = sbuf_like(x)
    nisa.activation(dst=result, op=nl.gelu, data=x)
    return result


def tensor_tensor(a, b, op):
    result = sbuf_like(a)
    nisa.tensor_tensor(dst=result, data1=a, data2=b, op=op)
    return result


def scaled(a, first, second=None, op=nl.add):
    """a * first, then `op` second."""
    result = sbuf_like(a)
    then = {} if second is None else {"op1": op, "operand1": second}
    nisa.tensor_scalar(dst=result, data=a, op0=nl.multiply, operand0=first,
                       **then)
    return result


def gelu_by_tanh(x):
    """x / 2 (1 + tanh(s (x + c x^3))), with tanh(z) = 2 sigmoid(2 z) - 1: an instruction for each
    operation that the text names."""
    cube = tensor_tensor(tensor_tensor(x, x, nl.multiply), x, nl.multiply)
    inner = scaled(tensor_tensor(x, scaled(cube, GELU_TERM), nl.add), GELU_SCALE)
    sigmoid = sbuf_like(x)
    nisa.activation(dst=sigmoid, op=nl.sigmoid, data=inner, scale=2.0)
    tanh = scaled(sigmoid, 2.0, -1.0)
    return tensor_tensor(scaled(x, 0.5), scaled(tanh, 1.0, 1.0), nl.multiply)


@nki.jit
def fused_pwl(xt, w, bias):
    out = nl.ndarray((xt.shape[1], w.shape[1]), dtype=xt.dtype, buffer=nl.shared_hbm)
    sums(xt, w, bias, lambda rows, columns, x: store(out[rows, columns], gelu(x)))
    return out


@nki.jit
def fused_taylor(xt, w, bias):
    out = nl.ndarray((xt.shape[1], w.shape[1]), dtype=xt.dtype, buffer=nl.shared_hbm)
    sums(xt, w, bias, lambda rows, columns, x: store(out[rows, columns], gelu_by_tanh(x)))
    return out


@nki.jit
def gemm(xt, w, bias):
    out = nl.ndarray((xt.shape[1], w.shape[1]), dtype=xt.dtype, buffer=nl.shared_hbm)
    sums(xt, w, bias, lambda rows, columns, x: store(out[rows, columns], x))
    return out


@nki.jit
def activation(y):
    """Elementwise: a row of tiles is one transfer."""
    out = nl.ndarray(y.shape, dtype=y.dtype, buffer=nl.shared_hbm)
    for m in range(y.shape[0] // P):
        rows = load(y[nl.ds(m * P, P), :])
        result = sbuf_like(rows)
        for n in range(y.shape[1] // COLUMNS):
            columns = nl.ds(n * COLUMNS, COLUMNS)
            nisa.activation(dst=result[:, columns], op=nl.gelu, data=rows[:, columns])
        store(out[nl.ds(m * P, P), :], result)
    return out

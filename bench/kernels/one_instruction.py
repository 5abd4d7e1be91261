# SPDX-License-Identifier: Apache-2.0
"""Kernels around one instruction, whose time is read from its span.

Each takes any tensor, because a kernel has an input, and returns one element. Tiles span all 128
partitions; `columns` are elements of one.
"""

import nki
import nki.isa as nisa
import nki.language as nl

PARTITIONS = 128


def tile(columns, dtype=nl.float32, buffer=nl.sbuf):
    made = nl.ndarray((PARTITIONS, columns), dtype=dtype, buffer=buffer)
    nisa.memset(dst=made, value=0)
    return made


def output(x):
    out = nl.ndarray((1, 1), dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(dst=out, src=x[0:1, 0:1])
    return out


@nki.jit
def copy(x, columns, dtype, engine, source):
    """A product's float32 to SBUF in `dtype`."""
    nisa.tensor_copy(dst=tile(columns, dtype), src=tile(columns, buffer=source), engine=engine)
    return output(x)


@nki.jit
def activation(x, columns, count, accumulate):
    """`count` exponentials, each of the result of the one before."""
    data, bias, total = tile(columns), tile(1), tile(1)
    for _ in range(count):
        sums = {"reduce_op": nl.add, "reduce_res": total} if accumulate else {}
        nisa.activation(dst=data, op=nl.exp, data=data, bias=bias, **sums)
    return output(x)


@nki.jit
def table_loads(x):
    """Two functions of different tables that wait for nothing else."""
    data, first, second = tile(1), tile(1), tile(1)
    nisa.activation(dst=first, op=nl.exp, data=data)
    nisa.activation(dst=second, op=nl.tanh, data=data)
    return output(x)


@nki.jit
def reduction(x, groups, columns):
    data = tile(groups * columns).reshape((PARTITIONS, groups, columns))
    nisa.tensor_reduce(dst=tile(groups), op=nl.add, data=data, axis=2)
    return output(x)


@nki.jit
def reciprocal(x, columns):
    nisa.reciprocal(dst=tile(columns), data=tile(columns))
    return output(x)


@nki.jit
def scaling(x, columns, engine, source):
    """Rows times a number of each partition."""
    nisa.tensor_scalar(dst=tile(columns), data=tile(columns, buffer=source), op0=nl.multiply,
                       operand0=tile(1), engine=engine)
    return output(x)


@nki.jit
def elementwise(x, columns, dtype):
    data = tile(columns, dtype)
    nisa.tensor_tensor(dst=tile(columns, dtype), data1=data, data2=data, op=nl.add)
    return output(x)


@nki.jit
def register_loads(x):
    """Two numbers from HBM, the second written only after the first was loaded."""
    copied = nl.ndarray((1, 1), dtype=x.dtype, buffer=nl.hbm)
    nisa.register_load(dst=nisa.register_alloc(), src=x[0:1, 0:1])
    nisa.dma_copy(dst=copied, src=x[0:1, 0:1])
    nisa.register_load(dst=nisa.register_alloc(), src=copied)
    return output(x)


@nki.jit
def semaphore(x):
    """VectorE's result goes to ScalarE."""
    data = tile(1)
    nisa.reciprocal(dst=data, data=data)
    nisa.activation(dst=tile(1), op=nl.copy, data=data)
    return output(x)


@nki.jit
def products(x, columns, weights, dtype, count, late):
    """`count` matmuls; `late`: the weights of each are of the product before, else they stream."""
    moving, stationary = tile(columns, dtype), tile(weights, dtype)
    banks = [nl.ndarray((weights, columns), dtype=nl.float32, buffer=nl.psum) for _ in range(2)]
    for i in range(count):
        if late and i > 0:
            stationary = nl.ndarray((PARTITIONS, weights), dtype=dtype, buffer=nl.sbuf)
            nisa.tensor_copy(dst=stationary, src=banks[(i - 1) % 2][:, 0:weights])
        nisa.nc_matmul(dst=banks[i % 2], stationary=stationary, moving=moving, accumulate=False)
    return output(x)

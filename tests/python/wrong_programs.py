# SPDX-License-Identifier: Apache-2.0
"""Programs that break one rule each, as (name, machine, status, words, kernel text).

`words`: what the message must contain, all of them. The faulty line ends in `# here`. A kernel
text is the body of `kernel(a, b)`; a and b are (128, 512) float32 inputs in HBM, `out` is an
output of that shape, `sa`, `sb` their copies in SBUF, `ps` a (128, 512) float32 PSUM tile, `tiny`
a (128, 1) float32 SBUF tile of ones.
"""

PROGRAM, USAGE, LIMIT, NOT_MODELLED = 1, 2, 3, 4

PROLOGUE = """\
import numpy as np
import nki
import nki.isa as nisa
import nki.language as nl


def sbuf(shape, dtype=nl.float32, **more):
    return nl.ndarray(shape, dtype=dtype, buffer=nl.sbuf, **more)


def psum(shape, dtype=nl.float32, **more):
    return nl.ndarray(shape, dtype=dtype, buffer=nl.psum, **more)


@nki.jit
def kernel(a, b):
    out = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.shared_hbm)
    sa, sb, ps, tiny = sbuf((128, 512)), sbuf((128, 512)), psum((128, 512)), sbuf((128, 1))
    nisa.dma_copy(dst=sa, src=a)
    nisa.dma_copy(dst=sb, src=b)
    nisa.memset(dst=ps, value=0.0)
    nisa.memset(dst=tiny, value=1.0)
"""

EPILOGUE = """
    nisa.dma_copy(dst=out, src=sa)
    return out


a = np.ones((128, 512), dtype=np.float32)
kernel(a, a.copy())
"""

CASES = [
    # Shapes and partitions.
    ("more than 128 partitions", "trn3", LIMIT, ["128", "partition"],
     "t = sbuf((129, 4))  # here"),
    ("a tile of PSUM with 256 partitions", "trn3", LIMIT, ["128", "partition"],
     "t = psum((256, 4))  # here"),
    ("a shape with a zero", "trn3", PROGRAM, ["shape", "0"],
     "t = sbuf((128, 0))  # here"),
    ("a shape with a negative size", "trn3", PROGRAM, ["shape", "-4"],
     "t = sbuf((128, -4))  # here"),
    ("operands of different size", "trn3", PROGRAM, ["tensor_tensor", "data2", "512", "256"],
     "nisa.tensor_tensor(dst=sa, data1=sa, data2=sb[:, 0:256], op=nl.add)  # here"),
    ("operands of different partitions", "trn3", PROGRAM, ["tensor_tensor", "data2", "128", "64"],
     "nisa.tensor_tensor(dst=sa, data1=sa, data2=sb[0:64, :], op=nl.add)  # here"),
    ("a destination too small", "trn3", PROGRAM, ["tensor_copy", "512", "511"],
     "nisa.tensor_copy(dst=sb[:, 0:511], src=sa)  # here"),
    ("DMA of different element counts", "trn3", PROGRAM, ["dma_copy", "element"],
     "nisa.dma_copy(dst=sa, src=a[0:64, :])  # here"),
    ("a start partition that no access width has", "trn3", PROGRAM, ["partition", "32"],
     "nisa.tensor_copy(dst=sb[10:74, :], src=sa[10:74, :])  # here"),
    # Indexing.
    ("a slice past the end", "trn3", PROGRAM, ["512", "600"],
     "nisa.tensor_copy(dst=sb[:, 0:88], src=sa[:, 512:600])  # here"),
    ("an index past the end", "trn3", PROGRAM, ["128", "128"],
     "nisa.dma_copy(dst=sa[0:1, :], src=a[128:129, :])  # here"),
    ("too many indices", "trn3", PROGRAM, ["2", "3"],
     "t = sa[0, 0, 0]  # here"),
    ("a pattern past the end", "trn3", PROGRAM, ["pattern", "sa"],
     "nisa.tensor_copy(dst=sb, src=sa.ap([[512, 128], [2, 512]]))  # here"),
    ("a reshape to another size", "trn3", PROGRAM, ["reshape", "512", "500"],
     "t = sa.reshape((128, 500))  # here"),
    ("a register index past the end", "trn3", PROGRAM, ["512", "bound"],
     "r = nisa.register_alloc(500)\n"
     "    nisa.tensor_copy(dst=sb[:, 0:64], src=sa[:, nl.ds(r, 64)])  # here"),
    # Memory spaces.
    ("PSUM as the moving operand", "trn3", PROGRAM, ["nc_matmul", "moving", "SBUF"],
     "nisa.nc_matmul(dst=ps, stationary=sa[:, 0:128], moving=ps)  # here"),
    ("PSUM as the stationary operand", "trn3", PROGRAM, ["nc_matmul", "stationary", "SBUF"],
     "nisa.nc_matmul(dst=ps, stationary=ps[:, 0:128], moving=sa)  # here"),
    ("a matmul into SBUF", "trn3", PROGRAM, ["nc_matmul", "dst", "PSUM"],
     "nisa.nc_matmul(dst=sb, stationary=sa[:, 0:128], moving=sa)  # here"),
    ("DMA from PSUM", "trn3", PROGRAM, ["dma_copy", "src", "PSUM"],
     "nisa.dma_copy(dst=out, src=ps)  # here"),
    ("an engine on HBM", "trn3", PROGRAM, ["tensor_copy", "src", "SBUF"],
     "nisa.tensor_copy(dst=sa, src=a)  # here"),
    ("both inputs in PSUM", "trn3", PROGRAM, ["tensor_tensor", "PSUM"],
     "nisa.tensor_tensor(dst=sa, data1=ps, data2=ps, op=nl.add)  # here"),
    ("GpSimd on PSUM", "trn3", PROGRAM, ["tensor_copy", "PSUM", "gpsimd"],
     "nisa.tensor_copy(dst=sa, src=ps, engine=nisa.engine.gpsimd)  # here"),
    # Limits of the engines.
    ("a moving operand wider than 512", "trn2", PROGRAM, ["nc_matmul", "moving", "512"],
     "wide = sbuf((128, 1024))\n    nisa.memset(dst=wide, value=0.0)\n"
     "    big = psum((128, 1024))\n"
     "    nisa.nc_matmul(dst=big, stationary=sa[:, 0:128], moving=wide)  # here"),
    ("a stationary operand wider than 128", "trn3", PROGRAM, ["nc_matmul", "stationary", "128"],
     "nisa.nc_matmul(dst=ps, stationary=sa[:, 0:256], moving=sb)  # here"),
    ("contraction sizes that differ", "trn3", PROGRAM, ["nc_matmul", "64", "128"],
     "nisa.nc_matmul(dst=ps, stationary=sa[0:64, 0:128], moving=sb)  # here"),
    ("float32 times bfloat16", "trn3", PROGRAM, ["nc_matmul", "float32", "bfloat16"],
     "half = sbuf((128, 512), nl.bfloat16)\n    nisa.tensor_copy(dst=half, src=sa)\n"
     "    nisa.nc_matmul(dst=ps, stationary=sa[:, 0:128], moving=half)  # here"),
    ("an integer matmul", "trn3", PROGRAM, ["nc_matmul", "int32"],
     "whole = sbuf((128, 512), nl.int32)\n    nisa.memset(dst=whole, value=1)\n"
     "    nisa.nc_matmul(dst=ps, stationary=whole[:, 0:128], moving=whole)  # here"),
    ("max8 of fewer than 8 values", "trn3", PROGRAM, ["max8", "8"],
     "best = sbuf((128, 8))\n    nisa.max8(dst=best, src=sa[:, 0:4])  # here"),
    ("a shuffle mask of the wrong length", "trn3", PROGRAM, ["nc_stream_shuffle", "32"],
     "nisa.nc_stream_shuffle(dst=sb, src=sa, shuffle_mask=[0, 1, 2])  # here"),
    ("a transpose to the wrong shape", "trn3", PROGRAM, ["nc_transpose", "dst"],
     "nisa.nc_transpose(dst=ps[:, 0:64], data=sa[:, 0:128])  # here"),
    # Capacity.
    ("a tile larger than an SBUF partition", "trn3", LIMIT, ["SBUF", "partition"],
     "t = sbuf((128, 100000))  # here"),
    ("a tile larger than a PSUM partition", "trn3", LIMIT, ["PSUM", "16"],
     "t = psum((128, 5000))  # here"),
    ("an address past the end of SBUF", "trn3", LIMIT, ["SBUF", "address"],
     "t = sbuf((128, 512), address=(0, 262000))  # here"),
    ("more live in SBUF than there is", "trn3", LIMIT,
     ["SBUF", "live", "big0", "120000", "(line 8)"],
     "ts = [sbuf((128, 30000), name=f'big{i}') for i in range(3)]\n"
     "    for t in ts: nisa.memset(dst=t, value=1.0)\n"
     "    nisa.scalar_tensor_tensor(dst=ts[0], data=ts[1], op0=nl.add, operand0=1.0, op1=nl.add, "
     "operand1=ts[2])  # here"),
    ("more live in PSUM than there is", "trn3", LIMIT, ["PSUM", "live", "t0", "18432", "(line 12)"],
     "ts = [psum((128, 512), name=f't{i}') for i in range(9)]\n"
     "    for t in ts: nisa.memset(dst=t, value=1.0)  # here\n"
     "    for t in ts: nisa.tensor_copy(dst=sa, src=t)"),
    ("an address with too many partitions", "trn3", LIMIT, ["SBUF", "128"],
     "t = sbuf((128, 4), address=(64, 0))  # here"),
    ("a tensor larger than HBM", "trn3", LIMIT, ["HBM", "bytes"],
     "t = nl.ndarray((1 << 20, 1 << 16), dtype=nl.float32, buffer=nl.hbm)  # here"),
    # Registers.
    ("a register below zero as an index", "trn3", PROGRAM, ["tensor_copy", "src", "-1", "448"],
     "r = nisa.register_alloc(-1)\n"
     "    nisa.tensor_copy(dst=sb[:, 0:64], src=sa[:, nl.ds(r, 64)])  # here"),
    ("a register past the end of HBM", "trn3", PROGRAM, ["dma_copy", "src", "200", "127"],
     "r = nisa.register_alloc(200)\n"
     "    nisa.dma_copy(dst=sa[0:1, :], src=a[nl.ds(r, 1), :])  # here"),
    ("an index tile past the end", "trn3", PROGRAM, ["dma_copy", "128", "'a'", "oob_mode.skip"],
     "rows = sbuf((128, 1), nl.int32)\n    nisa.memset(dst=rows, value=128)\n"
     "    nisa.dma_copy(dst=sa, src=a.ap([[512, 128], [1, 512]], vector_offset=rows, "
     "indirect_dim=0))  # here"),
    ("an index tile of floats", "trn3", PROGRAM, ["dma_copy", "src", "integer", "float32"],
     "nisa.dma_copy(dst=sa[0:1, :], src=a.ap([[512, 1], [1, 512]], "
     "scalar_offset=tiny[0:1, :], indirect_dim=0))  # here"),
    ("a loop variable as a destination", "trn3", PROGRAM, ["register_move", "dst", "loop variable"],
     "for i in nl.dynamic_range(0, 3):\n        nisa.register_move(dst=i, src=5)  # here"),
    ("a register from text", "trn3", PROGRAM, ["register", "integer", "str"],
     "r = nisa.register_alloc('five')  # here"),
    ("a register from a fraction", "trn3", PROGRAM, ["register_move", "src", "integer", "float"],
     "r = nisa.register_alloc(0)\n    nisa.register_move(r, 1.5)  # here"),
    ("a register from a tile of floats", "trn3", PROGRAM, ["register_load", "src", "float32"],
     "r = nisa.register_alloc(tiny)  # here"),
    ("a register stored to floats", "trn3", PROGRAM, ["register_store", "dst", "float32", "int32"],
     "nisa.register_store(tiny[0:1, :], nisa.register_alloc(1))  # here"),
    # Data types and operators.
    ("an operator that does not exist", "trn3", PROGRAM, ["tensor_tensor", "op", "added"],
     "nisa.tensor_tensor(dst=sa, data1=sa, data2=sb, op='added')  # here"),
    ("a bit operator on float32", "trn3", PROGRAM, ["bitwise_and", "integer"],
     "nisa.tensor_tensor(dst=sa, data1=sa, data2=sb, op=nl.bitwise_and)  # here"),
    ("an unknown dtype", "trn3", PROGRAM, ["dtype", "float33"],
     "t = sbuf((128, 4), 'float33')  # here"),
    ("a scalar operand of the wrong dtype", "trn3", PROGRAM,
     ["tensor_scalar", "operand0", "float32"],
     "half = sbuf((128, 1), nl.bfloat16)\n    nisa.tensor_copy(dst=half, src=tiny)\n"
     "    nisa.tensor_scalar(dst=sa, data=sa, op0=nl.add, operand0=half)  # here"),
    ("a scalar operand with two columns", "trn3", PROGRAM, ["tensor_scalar", "operand0"],
     "nisa.tensor_scalar(dst=sa, data=sa, op0=nl.add, operand0=sb[:, 0:2])  # here"),
    # Engines and generations.
    ("iota on the Tensor Engine", "trn3", PROGRAM, ["iota", "no parameter 'engine'"],
     "nisa.iota(dst=sa, pattern=[[1, 512]], offset=0, channel_multiplier=0, "
     "engine=nisa.engine.tensor)  # here"),
    ("tensor_tensor on the Tensor Engine", "trn3", PROGRAM, ["tensor_tensor", "tensor"],
     "nisa.tensor_tensor(dst=sa, data1=sa, data2=sb, op=nl.add, "
     "engine=nisa.engine.tensor)  # here"),
    ("a transpose on GpSimd", "trn3", PROGRAM, ["nc_transpose", "engine", "gpsimd", "vector"],
     "nisa.nc_transpose(dst=sb[0:32, 0:32], data=sa[0:32, 0:32], "
     "engine=nisa.engine.gpsimd)  # here"),
    ("an engine that does not exist", "trn3", PROGRAM, ["tensor_copy", "vectr", "vector"],
     "nisa.tensor_copy(dst=sb, src=sa, engine='vectr')  # here"),
    ("an instruction of a later generation", "trn2", PROGRAM, ["exponential", "trn3"],
     "nisa.exponential(dst=sb, src=sa)  # here"),
    ("MX formats on Trainium2", "trn2", PROGRAM, ["quantize_mx"],
     "q, s = sbuf((128, 128), nl.uint32), sbuf((128, 128), nl.uint8)\n"
     "    half = sbuf((128, 512), nl.bfloat16)\n    nisa.tensor_copy(dst=half, src=sa)\n"
     "    nisa.quantize_mx(dst=q, src=half, dst_scale=s)  # here"),
    ("a number as text", "trn3", PROGRAM, ["tensor_scalar", "operand0", "number", "str"],
     "nisa.tensor_scalar(dst=sa, data=sa, op0=nl.add, operand0='two')  # here"),
    ("an operator without its operand", "trn3", PROGRAM, ["tensor_scalar", "operand0", "op0"],
     "nisa.tensor_scalar(dst=sa, data=sa, op0=nl.add, operand0=None)  # here"),
    ("an activation function that does not exist", "trn3", PROGRAM, ["activation", "op", "tanh?"],
     "nisa.activation(dst=sa, op='tanhh', data=sb)  # here"),
    ("a bias of the wrong shape", "trn3", PROGRAM, ["activation", "bias", "(128, 1)"],
     "nisa.activation(dst=sa, op=nl.exp, data=sb, bias=sb)  # here"),
    ("a dtype that the machine does not have", "trn3", PROGRAM, ["float64", "float32"],
     "t = sbuf((128, 4), np.float64)  # here"),
    # Calls.
    ("no shape", "trn3", PROGRAM, ["shape"], "t = sbuf(None)  # here"),
    ("no dtype", "trn3", PROGRAM, ["dtype"], "t = sbuf((128, 4), None)  # here"),
    ("a fraction in a shape", "trn3", PROGRAM, ["shape", "integer", "float"],
     "t = sbuf((128, 2.5))  # here"),
    ("a memory that does not exist", "trn3", PROGRAM, ["dram", "sbuf", "shared_hbm"],
     "t = nl.ndarray((128, 4), dtype=nl.float32, buffer='dram')  # here"),
    ("a fraction as an index", "trn3", PROGRAM, ["index", "integer", "float"],
     "t = sa[0.5]  # here"),
    ("a slice that stands still", "trn3", PROGRAM, ["slice", "step", "(128, 512)"],
     "t = sa[:, 0:10:0]  # here"),
    ("an assignment to a tile", "trn3", PROGRAM, ["assignment", "tensor_copy"],
     "sa[0:1, :] = sb[0:1, :]  # here"),
    ("None as an operand", "trn3", PROGRAM, ["dma_copy", "src", "None"],
     "nisa.dma_copy(dst=sa, src=None)  # here"),
    ("a number where nl.store takes a tile", "trn3", PROGRAM, ["store()"],
     "nl.store(out, 5)  # here"),
    ("None as a pattern", "trn3", PROGRAM, ["ap(", "pattern"],
     "t = sa.ap(None)  # here"),
    ("a function that nl does not have", "trn3", PROGRAM, ["nki.language", "foobar"],
     "t = nl.foobar(sa)  # here"),
    ("a missing operand", "trn3", PROGRAM, ["tensor_copy", "src"],
     "nisa.tensor_copy(dst=sa)  # here"),
    ("an unknown keyword", "trn3", PROGRAM, ["tensor_copy", "sorce", "src"],
     "nisa.tensor_copy(dst=sa, sorce=sb)  # here"),
    ("a NumPy array as an operand", "trn3", PROGRAM, ["tensor_copy", "src", "ndarray"],
     "nisa.tensor_copy(dst=sa, src=np.ones((128, 512), dtype=np.float32))  # here"),
    ("an operand given twice", "trn3", PROGRAM, ["tensor_copy", "dst"],
     "nisa.tensor_copy(sa, sb, dst=sa)  # here"),
    ("a register where a tile belongs", "trn3", PROGRAM, ["tensor_copy", "src"],
     "nisa.tensor_copy(dst=sa, src=nisa.register_alloc(3))  # here"),
    ("a tile in a Python condition on its elements", "trn3", PROGRAM, ["register_load", "src"],
     "r = nisa.register_alloc(0)\n    nisa.register_load(r, sa)  # here"),
    ("a kernel's own assertion", "trn3", PROGRAM, ["AssertionError", "even"],
     "assert sa.shape[1] % 3 == 0, 'even thirds'  # here"),
    ("writing to an input's slice beyond it", "trn3", PROGRAM, ["dma_copy"],
     "nisa.dma_copy(dst=out[:, 0:100], src=sa)  # here"),
    ("an exchange of a core alone", "trn3", PROGRAM, ["core", "kernel[2]"],
     "nisa.sendrecv(src=sa, dst=sb, send_to_rank=1, recv_from_rank=1, pipe_id=0)  # here"),
]

# Whole scripts: what goes wrong outside the kernel. The faulty line ends in `# here`.
SCRIPTS = [
    ("float64 inputs", "trn3", PROGRAM, ["input a", "float64", "astype('float32')"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel(a.astype(float), a)  # here")),
    ("int64 inputs", "trn3", PROGRAM, ["input b", "int64", "astype('int32')"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel(a, b=a.astype(int))  # here")),
    ("text as an input", "trn3", PROGRAM, ["input a", "dtype", "float32"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel(np.array(['x']), a)  # here")),
    ("an input without elements", "trn3", PROGRAM, ["input a", "shape", "(0, 512)"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel(a[:0], a)  # here")),
    ("None as an input", "trn3", PROGRAM, ["dma_copy", "src", "None"],
     PROLOGUE.replace("src=a)", "src=a)  # here")
     + EPILOGUE.replace("kernel(a, a.copy())", "kernel(None, a)")),
    ("an instruction outside of a kernel", "trn3", PROGRAM, ["kernel", "nki.jit"],
     PROLOGUE + EPILOGUE + "nisa.register_alloc(1)  # here\n"),
    ("a tile after its kernel", "trn3", PROGRAM, ["another kernel call"],
     PROLOGUE.replace("def kernel(a, b):", "def kernel(a, b, kept=[]):").replace(
         "    nisa.dma_copy(dst=sa, src=a)", "    kept.append(sa)\n"
         "    nisa.dma_copy(dst=sa, src=a)\n"
         "    nisa.memset(dst=kept[0], value=0.0)  # here")
     + EPILOGUE + "kernel(a, a.copy())\n"),
    ("a syntax error", "trn3", PROGRAM, ["SyntaxError"], PROLOGUE + EPILOGUE + "a = = 1  # here\n"),
    ("an error with a cause", "trn3", PROGRAM, ["KeyError", "RuntimeError", "lost"],
     PROLOGUE + EPILOGUE + "try:\n    {}['x']\nexcept KeyError as e:\n"
     "    raise RuntimeError('lost') from e  # here\n"),
    ("a missing kernel argument", "trn3", PROGRAM, ["b"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel(a)  # here")),
    ("a list where an array belongs", "trn3", PROGRAM, ["a", "list"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel([1.0], a)  # here")),
    ("an input of the wrong shape", "trn3", PROGRAM, ["dma_copy", "element"],
     (PROLOGUE + EPILOGUE).replace("src=a)", "src=a)  # here").replace(
         "np.ones((128, 512)", "np.ones((128, 500)")),
    ("complex numbers", "trn3", PROGRAM, ["complex", "dtype"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel(a.astype(complex), a)  # here")),
    ("an output in SBUF", "trn3", PROGRAM, ["HBM", "return"],
     (PROLOGUE + EPILOGUE).replace("return out", "return sa  # here")),
    ("more cores than a logical core has", "trn3", PROGRAM, ["3 cores", "kernel[2]"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel[3](a, a.copy())  # here")),
    ("an error of Python in the kernel", "trn3", PROGRAM, ["ZeroDivisionError"],
     (PROLOGUE + EPILOGUE).replace("return out", "return 1 // 0  # here")),
]


# Programs that run to their end with a warning: (name, words, kernel text).
WARNINGS = [
    ("a read of what was never written", ["tensor_copy reads", "nothing was written", "memset"],
     "t = sbuf((128, 512))\n    nisa.tensor_copy(dst=sa, src=t, name='x')  # here"),
    ("a read of half of it", ["tensor_copy reads 't'", "nothing was written"],
     "t = sbuf((128, 512), name='t')\n    nisa.memset(dst=t[:, 0:256], value=1.0)\n"
     "    nisa.tensor_copy(dst=sa, src=t)  # here"),
    ("two tensors at one address", ["'x'", "'y' wrote last, at wrong.py:26", "addresses overlap"],
     "x = sbuf((128, 512), address=(0, 0), name='x')\n    nisa.tensor_copy(dst=x, src=sa)\n"
     "    y = sbuf((128, 512), address=(0, 1024), name='y')\n"
     "    nisa.tensor_copy(dst=y, src=sb)\n    nisa.tensor_copy(dst=sa, src=x)  # here"),
    ("two accumulators in one bank", ["'p'", "'q' wrote last, at wrong.py:26", "addresses overlap"],
     "p = psum((128, 512), address=(0, 2048), name='p')\n    nisa.memset(dst=p, value=0.0)\n"
     "    q = psum((64, 512), address=(0, 2048), name='q')\n    nisa.memset(dst=q, value=1.0)\n"
     "    nisa.tensor_copy(dst=sa, src=p)  # here"),
]

# Reuse of addresses over time, and of other partitions or bytes: nothing to warn of.
NO_WARNINGS = [
    ("an address used again later",
     "x = sbuf((128, 512), address=(0, 0), name='x')\n    nisa.tensor_copy(dst=x, src=sa)\n"
     "    nisa.tensor_copy(dst=sa, src=x)\n"
     "    y = sbuf((128, 512), address=(0, 1024), name='y')\n"
     "    nisa.tensor_copy(dst=y, src=sb)\n    nisa.tensor_copy(dst=sa, src=y)"),
    ("neighbours in partitions and in bytes",
     "x = sbuf((64, 10), address=(0, 0))\n    y = sbuf((64, 10), address=(64, 0))\n"
     "    z = sbuf((128, 10), address=(0, 40))\n    nisa.memset(dst=x, value=1.0)\n"
     "    nisa.memset(dst=y, value=1.0)\n    nisa.memset(dst=z, value=1.0)\n"
     "    nisa.tensor_copy(dst=sa[0:64, 0:10], src=x)\n"
     "    nisa.tensor_copy(dst=sa[64:128, 0:10], src=y)\n"
     "    nisa.tensor_copy(dst=sa[:, 10:20], src=z)"),
]


def script_of(body):
    return PROLOGUE + "    " + body + "\n" + EPILOGUE

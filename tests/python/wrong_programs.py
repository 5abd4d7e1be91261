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
    ("more than 128 partitions", "trn3", PROGRAM, ["128", "partition"],
     "t = sbuf((129, 4))  # here"),
    ("a tile of PSUM with 256 partitions", "trn3", PROGRAM, ["128", "partition"],
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
    # Data types and operators.
    ("an operator that does not exist", "trn3", PROGRAM, ["tensor_tensor", "op", "added"],
     "nisa.tensor_tensor(dst=sa, data1=sa, data2=sb, op='added')  # here"),
    ("a bit operator on float32", "trn3", PROGRAM, ["bitwise_and", "integer"],
     "nisa.tensor_tensor(dst=sa, data1=sa, data2=sb, op=nl.bitwise_and)  # here"),
    ("an unknown dtype", "trn3", PROGRAM, ["dtype", "float33"],
     "t = sbuf((128, 4), 'float33')  # here"),
    ("a scalar operand of the wrong dtype", "trn3", PROGRAM, ["tensor_scalar", "operand0", "float32"],
     "half = sbuf((128, 1), nl.bfloat16)\n    nisa.tensor_copy(dst=half, src=tiny)\n"
     "    nisa.tensor_scalar(dst=sa, data=sa, op0=nl.add, operand0=half)  # here"),
    ("a scalar operand with two columns", "trn3", PROGRAM, ["tensor_scalar", "operand0"],
     "nisa.tensor_scalar(dst=sa, data=sa, op0=nl.add, operand0=sb[:, 0:2])  # here"),
    # Engines and generations.
    ("an engine that cannot", "trn3", PROGRAM, ["activation", "engine"],
     "nisa.iota(dst=sa, pattern=[[1, 512]], offset=0, channel_multiplier=0, "
     "engine=nisa.engine.tensor)  # here"),
    ("tensor_tensor on the Tensor Engine", "trn3", PROGRAM, ["tensor_tensor", "tensor"],
     "nisa.tensor_tensor(dst=sa, data1=sa, data2=sb, op=nl.add, "
     "engine=nisa.engine.tensor)  # here"),
    ("an instruction of a later generation", "trn2", PROGRAM, ["exponential", "trn3"],
     "nisa.exponential(dst=sb, src=sa)  # here"),
    ("MX formats on Trainium2", "trn2", PROGRAM, ["quantize_mx"],
     "q, s = sbuf((128, 128), nl.uint32), sbuf((128, 128), nl.uint8)\n"
     "    half = sbuf((128, 512), nl.bfloat16)\n    nisa.tensor_copy(dst=half, src=sa)\n"
     "    nisa.quantize_mx(dst=q, src=half, dst_scale=s)  # here"),
    # Calls.
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
    ("two cores", "trn3", NOT_MODELLED, ["core"],
     "nisa.sendrecv(src=sa, dst=sb, send_to_rank=1, recv_from_rank=1, pipe_id=0)  # here"),
]

# Whole scripts: what goes wrong outside the kernel. The faulty line ends in `# here`.
SCRIPTS = [
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
    ("more cores than modelled", "trn3", NOT_MODELLED, ["core"],
     PROLOGUE + EPILOGUE.replace("kernel(a, a.copy())", "kernel[2](a, a.copy())  # here")),
    ("an error of Python in the kernel", "trn3", PROGRAM, ["ZeroDivisionError"],
     (PROLOGUE + EPILOGUE).replace("return out", "return 1 // 0  # here")),
]


def script_of(body):
    return PROLOGUE + "    " + body + "\n" + EPILOGUE

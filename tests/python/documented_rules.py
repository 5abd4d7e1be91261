# SPDX-License-Identifier: Apache-2.0
"""Rules of AWS's NKI reference (SDK 2.32), as (name, machine, words, code of one kernel).

REFUSED: the fault's text contains all words. ALLOWED: the same rule's other side. `t(shape, dtype,
buffer, address)` allocates a tensor, `idx` is a (128, 1) uint32 index tile of zeros, `ones` a
(128, 64) float32 tile of ones, `table` a (256, 64) bfloat16 tensor in HBM.
"""

INDIRECTION = "does not take a view made with .indirect()"

REFUSED = [
    # Generations.
    ("abs_max before v4", "trn2", ["abs_max", "NeuronCore-v4"],
     "nisa.tensor_tensor(t((128, 64)), ones, ones, nl.abs_max)"),
    ("abs_min as second operator before v4", "trn1", ["abs_min", "NeuronCore-v4", "op1"],
     "nisa.tensor_scalar(t((128, 64)), ones, nl.add, 1.0, op1=nl.abs_min, operand1=2.0)"),
    ("indirection before v4", "trn2", ["tensor indirection", "NeuronCore-v4"],
     "nisa.tensor_copy(t((128, 16)), ones.indirect(idx, 16))"),
    # Tensor indirection.
    ("indirection of a bias", "trn3", ["bias", INDIRECTION],
     "nisa.activation(t((128, 64)), nl.exp, ones, bias=ones.indirect(idx, 1))"),
    ("indirection of a reduction's result", "trn3", ["reduce_res", INDIRECTION],
     "nisa.activation_reduce(t((128, 64)), nl.exp, ones, nl.add, ones.indirect(idx, 1))"),
    ("indirection of the second operand", "trn3", ["data2", INDIRECTION],
     "nisa.tensor_tensor(t((128, 16)), ones[:, 0:16], ones.indirect(idx, 16), nl.add)"),
    ("indirection in a DMA", "trn3", ["src", INDIRECTION, "vector_offset"],
     "nisa.dma_copy(t((128, 16)), ones.indirect(idx, 16))"),
    ("an index inside of a quadrant", "trn3", ["src", "index", "partition 16"],
     "i = t((32, 1), nl.uint32, address=(16, 1024))\n"
     "nisa.tensor_copy(t((32, 16)), t((32, 64), address=(0, 0)).indirect(i, 16))"),
    ("data and index apart", "trn3", ["data", "partition 0", "at 32"],
     "i = t((32, 1), nl.uint32, address=(32, 1024))\n"
     "nisa.tensor_reduce(t((32, 1)), nl.add, t((32, 64), address=(0, 0)).indirect(i, 16), 1)"),
    ("the index of dst and the source apart", "trn3", ["dst", "partition 32", "src at 0"],
     "i = t((32, 1), nl.uint32, address=(32, 1024))\n"
     "nisa.tensor_copy(t((32, 64), address=(32, 0)).indirect(i, 16),"
     " t((32, 16), address=(0, 2048)))"),
    ("a scatter into PSUM on the Scalar Engine", "trn3", ["scalar", "vector"],
     "nisa.tensor_copy(t((128, 64), buffer=nl.psum).indirect(idx, 16), ones[:, 0:16],"
     " engine=nisa.engine.scalar)"),
    ("an activation scattered into PSUM", "trn3", ["dst", "PSUM"],
     "nisa.activation(t((128, 64), buffer=nl.psum).indirect(idx, 16), nl.exp, ones[:, 0:16])"),
    ("address arithmetic with indirection", "trn3", ["operand0", "address arithmetic"],
     "nisa.tensor_scalar(t((128, 16), nl.uint32), t((128, 64), nl.uint32).indirect(idx, 16),"
     " nl.add, idx)"),
    ("indirection of the moving tile in transpose mode", "trn3", ["moving", "transpose"],
     "b = t((32, 32), nl.bfloat16)\n"
     "nisa.nc_matmul(t((32, 16), nl.bfloat16, nl.psum), b, b.indirect(idx[0:32], 16),"
     " is_transpose=True)"),
    ("indirection of float32 in a product", "trn3", ["stationary", "float32"],
     "nisa.nc_matmul(t((16, 64), buffer=nl.psum), ones.indirect(idx, 16), ones)"),
    ("MX data and scales with two indices", "trn3", ["stationary", "one index"],
     "w, s = t((128, 64), nl.float8_e4m3fn_x4), t((128, 64), nl.uint8)\n"
     "other = t((128, 1), nl.uint32)\n"
     "nisa.nc_matmul_mx(t((16, 64), buffer=nl.psum), w.indirect(idx, 16), w,"
     " s.indirect(other, 16), s)"),
    ("an index tile in PSUM", "trn3", ["src", "index tile", "SBUF"],
     "i = t((128, 1), nl.uint32, nl.psum)\nnisa.tensor_copy(t((128, 16)), ones.indirect(i, 16))"),
    ("an index tile in HBM", "trn3", ["src", "index tile", "SBUF"],
     "i = t((128, 1), nl.uint32, nl.shared_hbm)\n"
     "nisa.dma_copy(t((128, 64)), table.ap([[64, 128], [1, 64]], vector_offset=i))"),
    ("another dtype of what an index chose", "trn3", ["view", "index"],
     "table.vector_select(0, idx).view(nl.int16)"),
    ("the part of a pattern that lies past the end", "trn3", ["reaches element 71"],
     "nisa.tensor_copy(t((128, 8)), ones.ap([[64, 128], [1, 64]], offset=8)[:, 56:64])"),
    # Operands.
    ("a reduction by magnitude", "trn3", ["op", "abs_max"],
     "nisa.tensor_reduce(t((128, 1)), nl.abs_max, ones, 1)"),
    ("a search in four dimensions", "trn3", ["src", "3 dimensions"],
     "nisa.max8(t((128, 8)), ones.reshape((128, 4, 4, 4)))"),
    ("double_row of float8_e3m4", "trn3", ["double_row", "float8_e3m4"],
     "w = t((128, 2, 64), nl.float8_e3m4)\n"
     "nisa.nc_matmul(t((64, 64), buffer=nl.psum), w, w, perf_mode='double_row')"),
    ("an operand of a unary operator", "trn3", ["operand0", "abs"],
     "nisa.tensor_scalar(t((128, 64)), ones, nl.abs, 1.0)"),
    ("reverse0 of tensor_scalar_reduce", "trn3", ["reverse0"],
     "nisa.tensor_scalar_reduce(t((128, 64)), ones, nl.subtract, 1.0, nl.add, t((128, 1)),"
     " reverse0=True)"),
    ("a shuffle that starts between its quadrants", "trn3", ["src", "partition 32", "64"],
     "nisa.nc_stream_shuffle(t((64, 8)), ones[32:64, 0:8], [0] * 32)"),
    ("a state of VectorE without its engine", "trn3", ["engine", "vector"],
     "nisa.rand_set_state(t((128, 24), nl.uint32))"),
    ("an engine where none is chosen", "trn3", ["engine", "reciprocal"],
     "nisa.reciprocal(t((128, 64)), ones, engine=nisa.engine.vector)"),
    ("a name of a register's instruction", "trn3", ["name", "register_move"],
     "nisa.register_move(nisa.register_alloc(), 1, name='move')"),
    # DMA.
    ("a queue without hwdge", "trn3", ["engine", "hwdge"],
     "nisa.dma_copy(t((128, 64), nl.bfloat16), table[0:128, :], engine=nisa.engine.sync)"),
    ("the queue of an engine without descriptors", "trn3", ["engine", "sync"],
     "nisa.dma_copy(t((128, 64), nl.bfloat16), table[0:128, :],"
     " dge_mode=nisa.dge_mode.hwdge, engine=nisa.engine.vector)"),
    ("a dynamic address without descriptors made in the run", "trn3", ["dge_mode", "address"],
     "r = nisa.register_alloc(1)\n"
     "nisa.dma_copy(t((1, 64), nl.bfloat16), table[nl.ds(r, 1), :],"
     " dge_mode=nisa.dge_mode.none)"),
    ("a sum with indices into a third tensor", "trn3", ["srcs", "dst itself"],
     "rows = table.ap([[64, 128], [1, 64]], vector_offset=idx)\n"
     "nisa.dma_compute(t((128, 64)), [rows, ones], nl.add)"),
    ("rows of a tile in SBUF", "trn3", ["src", "HBM"],
     "nisa.dma_copy(t((128, 64)), ones.ap([[64, 128], [1, 64]], vector_offset=idx))"),
    ("swdge without indices", "trn3", ["dge_mode", "swdge"],
     "nisa.dma_transpose(t((64, 128), nl.bfloat16), table[0:128, :],"
     " dge_mode=nisa.dge_mode.swdge)"),
    ("skip without indices", "trn3", ["oob_mode", "skip"],
     "nisa.dma_transpose(t((64, 128), nl.bfloat16), table[0:128, :],"
     " oob_mode=nisa.oob_mode.skip)"),
    ("an index of 64 partitions and two columns", "trn3", ["128 partitions", "64"],
     "rows = table.ap([[64, 128], [1, 64]], vector_offset=t((64, 2), nl.uint32))\n"
     "nisa.dma_transpose(t((64, 128), nl.bfloat16), rows)"),
    ("scales with indices", "trn3", ["scales", "1.0"],
     "rows = table.ap([[64, 128], [1, 64]], vector_offset=idx)\n"
     "nisa.dma_compute(ones, [rows, ones], nl.add, scales=[0.5, 1.0])"),
    # Loops and language.
    ("a step of 0", "trn3", ["nl.fori_loop", "step", "0"],
     "nl.fori_loop(0, 3, lambda i: None, step=0)"),
    ("a step in a register", "trn3", ["nl.dynamic_range", "step"],
     "list(nl.dynamic_range(0, 3, nisa.register_alloc(1)))"),
    ("a while loop whose body returns nothing", "trn3", ["nl.while_loop", "None"],
     "nl.while_loop(nisa.register_alloc(1), lambda r: None)"),
    ("printing PSUM", "trn3", ["device_print", "PSUM"],
     "nl.device_print('x', t((128, 4), buffer=nl.psum))"),
    ("a prefix that is no string", "trn3", ["device_print", "prefix"],
     "nl.device_print(3, ones)"),
    ("a constant of float64", "trn3", ["shared_constant", "float64"],
     "nl.shared_constant(np.zeros((2, 2)))"),
    ("a constant of bool", "trn3", ["shared_constant", "bool"],
     "nl.shared_constant(np.zeros((2, 2), bool))"),
    ("a sum over the partitions", "trn3", ["axis 0"], "nl.sum(ones, 0)"),
    ("a sum over an axis in the middle", "trn3", ["axis 1"], "nl.sum(t((128, 4, 4)), 1)"),
    ("a gather along the second axis", "trn3", ["gather_flattened", "axis 1"],
     "nl.gather_flattened(ones, idx, axis=1)"),
    ("a tensor of a storage handle", "trn3", ["nl.ndarray"],
     "nl.NkiTensor((128, 4), nl.float32, None)"),
    ("a register of a state", "trn3", ["register_alloc"], "nisa.VirtualRegister()"),
]

ALLOWED = [
    ("abs_max on v4", "trn3", "nisa.tensor_tensor(t((128, 64)), ones, ones, nl.abs_max)"),
    ("a unary operator with None", "trn3",
     "nisa.tensor_scalar(t((128, 64)), ones, nl.abs, None)\n"
     "nisa.tensor_scalar_reduce(t((128, 64)), ones, nl.abs, 0.0, nl.maximum, t((128, 1)))"),
    ("data and index on the same partitions", "trn3",
     "i = t((32, 1), nl.uint32, address=(32, 1024))\nnisa.memset(i, 0)\n"
     "data = t((32, 64), address=(32, 0))\nnisa.memset(data, 1.0)\n"
     "nisa.tensor_copy(t((32, 16)), data.indirect(i, 16))"),
    ("a scatter into PSUM on the Vector Engine", "trn3",
     "nisa.tensor_copy(t((128, 64), buffer=nl.psum).indirect(idx, 16), ones[:, 0:16])"),
    ("a dynamic slice on GpSimd", "trn3",
     "r = nisa.register_alloc(3)\n"
     "nisa.tensor_copy(t((128, 8)), ones[:, nl.ds(r, 8)], engine=nisa.engine.gpsimd)"),
    ("MX data and scales with one index", "trn3",
     "w, s = t((128, 64), nl.float8_e4m3fn_x4), t((128, 64), nl.uint8)\n"
     "nisa.memset(w, 0)\nnisa.memset(s, 127)\n"
     "nisa.nc_matmul_mx(t((16, 64), buffer=nl.psum), w.indirect(idx, 16), w,"
     " s.indirect(idx, 16), s)"),
    ("bounds of another type than the ids", "trn2",
     "ids = t((1, 64), nl.int32)\nnisa.memset(ids, 1)\n"
     "nisa.sequence_bounds(t((1, 2, 64)), ids)"),
    ("the queue of the Scalar Engine", "trn3",
     "nisa.dma_copy(t((128, 64), nl.bfloat16), table[0:128, :],"
     " dge_mode=nisa.dge_mode.hwdge, engine=nisa.engine.scalar)"),
    ("a transpose without descriptors made in the run", "trn3",
     "nisa.dma_transpose(t((64, 128), nl.bfloat16), table[0:128, :], dge_mode=nisa.dge_mode.none)"),
    ("a state of VectorE with its engine", "trn3",
     "s = t((128, 24), nl.uint32)\nnisa.memset(s, 1)\n"
     "nisa.rand_set_state(s, engine=nisa.engine.vector)"),
    ("a pattern past the end that nothing uses", "trn3",
     "ones.ap([[64, 128], [1, 64]], offset=8)"),
    ("reshape as each release has called it", "trn3",
     "assert ones.reshape((128, 8, 8)).shape == ones.reshape(new_shape=(128, 8, 8)).shape"
     " == ones.reshape(128, 8, 8).shape == (128, 8, 8)"),
]

# SPDX-License-Identifier: Apache-2.0
"""Random programs: the generators of the per-instruction cases, one after another, over tensors
that they share. Each instruction runs on the core and, on a mirror of the tensors, in its NumPy
reading; where the reading allows a few ulps, what follows continues from the core's values.

A program is a function of (seed, number):
    TRAINYARD_SEED=<seed> TRAINYARD_ONLY=program:<number> pytest tests/python/test_fuzz_*.py
"""

import cases
import numpy as np
import test_instructions_activation as activation
import test_instructions_elementwise as elementwise
import test_instructions_matmul as matmul
import test_instructions_move as move
import test_instructions_random as random
import test_instructions_reduce as reduce
import test_instructions_select as select
from cases import MACHINE, Case, Tile, free_strides, random_values, show
from reference import formats
from reference import random as reference_random
from reference.activation import ordered
from reference.formats import DTYPES, WORDS, bits
from trainyard import _core

IN_PLACE = [elementwise.tensor_copy, elementwise.tensor_tensor, elementwise.tensor_scalar,
            elementwise.scalar_tensor_tensor, elementwise.reciprocal, activation.activation,
            activation.activate2]
WHOLE = [move.gather_rows, move.scatter_rows, move.dma_compute, move.scatter_add, move.gather_add,
         move.scalar_offset, move.gather_transpose, move.dma_transpose, move.tensor_indirection,
         move.local_gather, move.nonzero_with_count, move.sequence_bounds, move.topk,
         matmul.double_row, matmul.nc_matmul_mx, matmul.quantize_mx]
GENERATORS = IN_PLACE + WHOLE + [
    elementwise.memset, elementwise.words_on_gpsimd, elementwise.words_in_float32,
    matmul.nc_matmul, matmul.nc_matmul, matmul.accumulation_group,
    move.dma_copy, move.nc_transpose, move.nc_stream_shuffle, move.nc_n_gather,
    move.register_store, reduce.shared_accumulators, reduce.tensor_reduce,
    reduce.tensor_partition_reduce, reduce.tensor_scalar_reduce, reduce.tensor_scalar_cumulative,
    reduce.tensor_tensor_scan, reduce.bn_stats, reduce.bn_aggr, select.tensor_copy_predicated,
    select.select_reduce, select.range_select, select.iota, select.affine_select, select.max8,
    select.nc_find_index8, select.nc_match_replace8, activation.activation_reduce,
    activation.scalar_accumulators, activation.exponential, activation.rsqrt_operator,
    *random.GENERATORS]
IN_PLACE_NAMES = {g.__name__ for g in IN_PLACE}
WHOLE_NAMES = {g.__name__ for g in WHOLE}
PSUM_TENSORS = 4     # of 8 banks; some instructions bring their own


class Memory:
    """A tensor of the program and its mirror. `stale`: the mirror must still be uploaded."""

    def __init__(self, name, dtype, buffer, values):
        self.name, self.dtype, self.buffer, self.values = name, dtype, buffer, values
        self.stale, self.tensor = True, None


class View(Tile):
    """A tile of one step: elements of a shared tensor, perhaps as another type of its width."""

    def __init__(self, name, dtype, memory, flat, text):
        self.memory = memory
        super().__init__(name, dtype, memory.buffer, None, flat, text)

    @property
    def storage(self):
        return self.memory.values.view(DTYPES[self.dtype])

    @storage.setter
    def storage(self, values):
        if values is not None:
            self.memory.values = np.ascontiguousarray(values).view(self.memory.values.dtype)
            self.memory.stale = True


def has_mode(values, dtype, mode):
    """Whether the values are such as random_values gives in this mode."""
    limit = 50 if formats.is_integer(dtype) else 8
    wide = formats.to_float32(values)
    with np.errstate(invalid="ignore"):
        if mode in ("normal", "small"):
            return bool((np.abs(wide) <= limit).all())
    return bool(np.isfinite(wide).all())


class Step(Case):
    """A case whose tiles lie in the tensors of a program."""

    def __init__(self, program, instruction):
        self.program = program
        super().__init__(0, instruction, 0)
        self.rng, self.random_state = program.rng, program.random_state

    def tile(self, name, shape, dtype, *, buffer="sbuf", start=0, mode=None, values=None,
             read_only=True, plain=False, free_split=True):
        shape = [int(n) for n in shape]
        read_only = read_only and not plain
        whole = plain and (self.instruction in WHOLE_NAMES or len(shape) != 2)
        made = None
        if name == "dst" and self.instruction in IN_PLACE_NAMES and self.rng.random() < 0.3:
            made = self.in_place(name, shape, dtype, buffer, start)
        if made is None and self.rng.random() < 0.75:
            made = self.shared(name, shape, dtype, buffer, start, read_only, whole)
        if made is None:
            made = self.fresh(name, shape, dtype, buffer, start, read_only, whole, mode)
        if values is not None:
            made.storage = made.with_values(np.asarray(values, DTYPES[dtype]))
        elif mode is not None and not has_mode(made.values, dtype, mode):
            made.storage = made.with_values(random_values(self.rng, dtype, made.flat.shape, mode))
        self.tiles.append(made)
        return made

    def in_place(self, name, shape, dtype, buffer, start):
        """The same elements as those of a source."""
        for tile in self.tiles:
            flat = tile.flat
            if (tile.dtype == dtype and tile.buffer == buffer and tile.text != tile.name
                    and flat.shape == (shape[0], int(np.prod(shape[1:])))
                    and np.unique(flat).size == flat.size):
                return View(name, dtype, tile.memory, flat, name + tile.text[len(tile.name):])
        return None

    def shared(self, name, shape, dtype, buffer, start, read_only, whole):
        """A place in a tensor that this step does not use yet."""
        used = [tile.memory for tile in self.tiles]
        width = DTYPES[dtype].itemsize
        able = [m for m in self.program.memories
                if m.buffer == buffer and m not in used and m.values.dtype.itemsize == width
                and ("_x4" in m.dtype or "_x4" in dtype) <= (m.dtype == dtype)]
        if whole:
            able = [m for m in able if list(m.values.shape) == [start + shape[0]] + shape[1:]]
        else:
            need = int(np.prod(shape[1:]))
            able = [m for m in able if m.values.ndim == 2 and m.values.shape[0] >= start + shape[0]
                    and m.values.shape[1] >= need]
        if not able:
            return None
        return self.place(able[int(self.rng.integers(len(able)))], name, shape, dtype, start,
                          read_only, whole)

    def place(self, memory, name, shape, dtype, start, read_only, whole):
        numbers = np.arange(memory.values.size).reshape(memory.values.shape)
        stop = start + shape[0]
        if whole:
            text = f"{name}[{start}:{stop}]" if start else name
            return View(name, dtype, memory, numbers[start:].reshape(shape[0], -1), text)
        width, need = memory.values.shape[1], int(np.prod(shape[1:]))
        if self.rng.random() < 0.35 or len(shape) > 2:
            made = self.pattern(memory, name, shape, dtype, start, read_only)
            if made is not None:
                return made
        first = int(self.rng.integers(0, width - need + 1))
        step = int(self.rng.integers(1, 4))
        if need == 1 or first + (need - 1) * step >= width:
            step = 1
        last = first + (need - 1) * step + 1
        columns = f"{first}:{last}:{step}"
        if step == 1 and self.rng.random() < 0.2:
            columns = f"ds({self.program.register(first)}, {need})"
        flat = numbers[start:stop, first:last:step]
        return View(name, dtype, memory, flat, f"{name}[{start}:{stop}, {columns}]")

    def pattern(self, memory, name, shape, dtype, start, read_only):
        """An access pattern with gaps, or None where it does not fit."""
        rng, width = self.rng, memory.values.shape[1]
        strides, span = free_strides(rng, shape, read_only)
        if span > width and len(shape) == 2:
            return None
        if span > width:
            strides = [int(np.prod(shape[i + 1:])) for i in range(1, len(shape))]
            span = int(np.prod(shape[1:]))
        offset = start * width + int(rng.integers(0, width - span + 1))
        flat = np.arange(shape[0]) * width + offset
        for stride, n in zip(strides, shape[1:]):
            flat = flat[..., None] + stride * np.arange(n)
        dims = [[width, shape[0]]] + [[s, n] for s, n in zip(strides, shape[1:])]
        return View(name, dtype, memory, flat.reshape(shape[0], -1),
                    f"{name}.ap({dims}, {offset})")

    def fresh(self, name, shape, dtype, buffer, start, read_only, whole, mode):
        rng = self.rng
        if whole:
            size = [start + shape[0]] + shape[1:]
        else:
            need = int(np.prod(shape[1:]))
            size = [int(rng.choice([128, start + shape[0]])), need + int(rng.integers(0, 40))]
            size = [max(size[0], start + shape[0]), size[1] * (2 if len(shape) > 2 else 1)]
        memory = self.program.new_memory(dtype, buffer, random_values(rng, dtype, size, mode),
                                         [tile.memory for tile in self.tiles])
        return self.place(memory, name, shape, dtype, start, read_only, whole)


class Program:
    """What was called so far, as text, with the tensors and their mirrors."""

    def __init__(self, rng, machine=MACHINE):
        self.rng, self.memories, self.made, self.text, self.inputs = rng, [], 0, [], []
        self.names, self.random_state = {"ds": _core.DynamicSlice}, reference_random.Engines()
        self.rule = str(rng.choice(["documented", "ocp"]))
        self.session = _core.Session(machine, mx_scale=self.rule, kernel="program")

    def new_memory(self, dtype, buffer, values, used):
        if buffer == "psum":
            mine = [m for m in self.memories if m.buffer == "psum"]
            if len(mine) >= PSUM_TENSORS:
                self.memories.remove(next(m for m in mine if m not in used))
        memory = Memory(f"t{self.made}", dtype, buffer, values)
        self.made += 1
        self.memories.append(memory)
        return memory

    def register(self, value):
        """The name of a register that holds the value, by one of the ways to get it there."""
        name = f"r{self.made}"
        self.made += 1
        way = self.rng.integers(3)
        if way == 0:
            made = _core.isa.register_alloc(value)
        elif way == 1:
            made = _core.isa.register_alloc()
            _core.isa.register_move(made, value)
        else:
            made = _core.isa.register_alloc(self.input(np.array([[value]], np.int32), "int32"))
        self.names[name] = made
        self.text.append(f"{name} = nisa.register_alloc({value})")
        return name

    def input(self, values, dtype):
        host = np.ascontiguousarray(values).view(WORDS[values.dtype.itemsize]).copy()
        self.inputs.append(host)
        return self.session.input(host, values.shape, dtype, f"in{len(self.inputs)}")

    def upload(self, memory):
        isa, shape = _core.isa, memory.values.shape
        source = self.input(memory.values, memory.dtype)
        if memory.tensor is None:
            memory.tensor = self.session.ndarray(shape, memory.dtype, memory.buffer, memory.name)
            self.text.append(f"{memory.name} = nl.ndarray({shape}, {memory.dtype}, "
                             f"{memory.buffer})")
        target = memory.tensor
        if memory.buffer == "psum":
            staged = self.session.ndarray(shape, memory.dtype, "sbuf")
            isa.dma_copy(dst=staged, src=source)
            isa.tensor_copy(dst=target, src=staged, engine="vector")
        else:
            isa.dma_copy(dst=target, src=source)
        memory.stale = False
        self.text.append(f"dma_copy({memory.name}, input)")

    def step(self):
        """One more generator: its step, or None where it needs another program."""
        generate = GENERATORS[int(self.rng.integers(len(GENERATORS)))]
        step = Step(self, generate.__name__)
        generate(step)
        if step.options.get("mx_scale", self.rule) != self.rule:
            return None
        for memory in self.memories:
            if memory.stale:
                self.upload(memory)
        return step

    def resolve(self, step, value):
        if isinstance(value, Tile):
            names = dict(self.names)
            for tile in step.tiles:
                tensor = tile.memory.tensor
                names[tile.name] = (tensor if tile.dtype == tile.memory.dtype
                                    else tensor.view(tile.dtype))
            return eval(compile(value.text, __file__, "eval"), {}, names)
        if isinstance(value, list):
            return [self.resolve(step, v) for v in value]
        return value() if callable(value) else value

    def call(self, step, instruction, arguments):
        shown = ", ".join(f"{k}={show(v)}" for k, v in arguments.items())
        where = {t.name: t.memory.name + ("" if t.dtype == t.memory.dtype else f" as {t.dtype}")
                 for t in step.tiles}
        self.text.append(f"nisa.{instruction}({shown})  # {where}")
        made = {k: self.resolve(step, v) for k, v in arguments.items()}
        getattr(_core.isa, instruction)(**made)

    def run(self, step):
        """Executes the step and compares; gives what is wrong."""
        for instruction, arguments in step.steps:
            self.call(step, instruction, arguments)
        return self.judge(step)

    def read(self, memory):
        data = bytes(self.session.read(memory.tensor)[0])
        return np.frombuffer(data, memory.values.dtype).reshape(memory.values.shape).copy()

    def judge(self, step):
        used = list({id(t.memory): t.memory for t in step.tiles}.values())
        after = {m.name: self.read(m) for m in used}
        expected = {m.name: bits(m.values).copy() for m in used}
        problems = []
        for tile, want, ulps in step.wants:
            name = tile.memory.name
            got = after[name].view(DTYPES[tile.dtype]).reshape(-1)[tile.flat]
            if callable(want):
                wrong = want(got)
            else:
                want = want.reshape(got.shape)
                ok = formats.same(got, want)
                if ulps:
                    ok |= np.abs(ordered(got) - ordered(want)) <= ulps
                wrong = None if ok.all() else first_difference(got, want, ok)
            if wrong:
                problems.append(f"{step.instruction}: {tile.name} ({name}): {wrong}")
            expected[name].reshape(-1)[tile.flat] = bits(got)
        for memory in used:
            if (bits(after[memory.name]) != expected[memory.name]).any():
                problems.append(f"{step.instruction}: {memory.name} changed outside the view")
            memory.values = after[memory.name]
        return problems


def first_difference(got, want, ok):
    at = tuple(int(i) for i in np.argwhere(~ok)[0])
    return (f"{list(at)} is {got[at]!r}, reference {want[at]!r}; "
            f"{int((~ok).sum())} of {ok.size} differ")


def check_program(number):
    """Runs program `number`; gives what is wrong, with the program's text."""
    rng = np.random.default_rng([cases.SEED, 1, number])
    program = Program(rng)
    program.session.enter()
    try:
        problems = run_program(program)
    except _core.Fault as fault:
        problems = [f"refused: {fault}"]
    finally:
        program.session.exit()
    return problems + program.text if problems else []


def run_program(program):
    wanted, done = int(program.rng.integers(3, 21)), 0
    while done < wanted:
        step = program.step()
        if step is None:
            continue
        done += 1
        problems = program.run(step)
        if problems:
            return problems
    for memory in program.memories:
        if (bits(program.read(memory)) != bits(memory.values)).any():
            return [f"{memory.name} was changed by an instruction that does not name it"]
    return replay(program)


def replay(program):
    """The recorded program gives the same bits again."""
    session, outputs = program.session, []
    for memory in program.memories:
        shape, source = memory.values.shape, memory.tensor
        if memory.buffer == "psum":
            source = session.ndarray(shape, memory.dtype, "sbuf")
            _core.isa.tensor_copy(dst=source, src=memory.tensor, engine="vector")
        out = session.ndarray(shape, memory.dtype, "shared_hbm")
        _core.isa.dma_copy(dst=out, src=source)
        outputs.append((memory, session.array(out)))
    result = _core.finish([session])
    if not result.time_us > 0:
        return [f"the program takes {result.time_us} us"]
    for memory, array in outputs:
        if (array != bits(memory.values)).any():
            return [f"the copy of {memory.name} in HBM differs"]
        array[...] = 0x5A
    if not session.replayable:
        return []
    _core.replay([session], program.inputs)
    return [f"a replay gives {memory.name} another value" for memory, array in outputs
            if (array != bits(memory.values)).any()]

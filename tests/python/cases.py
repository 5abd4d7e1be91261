# SPDX-License-Identifier: Apache-2.0
"""Random cases of instructions: tiles with their layouts, calls, and what must come out.

A case is a function of (seed, instruction, number), so that a failure is repeated by
    TRAINYARD_SEED=<seed> TRAINYARD_ONLY=<instruction>:<number> pytest tests/python/...
TRAINYARD_CASES sets how many cases each instruction gets.
"""

import os
import zlib

import numpy as np
from reference import formats, random
from reference.activation import ordered
from reference.formats import DTYPES, WORDS, is_integer
from trainyard import _core

SEED = int(os.environ.get("TRAINYARD_SEED", "20261125"))
COUNT = int(os.environ.get("TRAINYARD_CASES", "100"))
ONLY = os.environ.get("TRAINYARD_ONLY", "")
MACHINE = _core.Machine("trn3")
FAILURES_SHOWN = 3


def random_values(rng, dtype, shape, mode=None):
    """Elements of a type: everyday sizes, wide exponents, any bit pattern, or small integers."""
    kind = DTYPES[dtype]
    mode = mode or rng.choice(["normal", "wide", "bits", "small"], p=[0.4, 0.2, 0.2, 0.2])
    if mode == "bits" or dtype not in formats.FLOATS + formats.INTEGERS:
        word = WORDS[kind.itemsize]
        return rng.integers(0, np.iinfo(word).max, shape, word, endpoint=True).view(kind)
    if is_integer(dtype):
        limits = np.iinfo(kind)
        low, high = (limits.min, limits.max) if mode == "wide" else (max(limits.min, -50), 50)
        return rng.integers(low, high, shape, np.int64, endpoint=True).astype(kind)
    if mode == "small":
        values = rng.integers(-4, 5, shape).astype(np.float32)
    else:
        values = rng.standard_normal(shape).astype(np.float32)
        if mode == "wide":
            values = np.ldexp(values, rng.integers(-30, 30, shape)).astype(np.float32)
    return formats.from_float32(values, dtype)


def partitions_and_start(rng, partitions=None):
    """Accesses start at partition 0, 32, 64 or 96 as the number of partitions allows."""
    if partitions is None:
        partitions = int(rng.choice([1, 2, 5, 16, 31, 32, 33, 64, 65, 100, 128]))
    if partitions > 64:
        return partitions, 0
    return partitions, int(rng.choice([0, 64] if partitions > 32 else [0, 32, 64, 96]))


class Tile:
    """A view of a tensor: the whole tensor's values, and which of them the view names."""

    def __init__(self, name, dtype, buffer, storage, flat, text):
        self.name, self.dtype, self.buffer, self.text = name, dtype, buffer, text
        self.storage, self.flat = storage, flat

    @property
    def values(self):
        """(partitions, elements)"""
        return self.storage.reshape(-1)[self.flat]

    def with_values(self, values):
        """The tensor's values after `values` are written to the view."""
        out = self.storage.copy().reshape(-1)
        out[self.flat] = values.reshape(self.flat.shape)
        return out.reshape(self.storage.shape)


def sliced(rng, name, shape, start):
    """Storage shape, chosen elements and the Python text of a view made by slicing."""
    whole, slices, text = [], [], []
    for i, n in enumerate(shape):
        first = start if i == 0 else int(rng.integers(0, 4)) * int(rng.integers(0, 2))
        step = 1 if i == 0 or n == 1 else int(rng.choice([1, 1, 1, 2, 3]))
        stop = first + (n - 1) * step + 1
        whole.append(stop + (0 if i == 0 else int(rng.integers(0, 2)) * int(rng.integers(0, 4))))
        slices.append(slice(first, stop, step))
        text.append(f"{first}:{stop}" + (f":{step}" if step > 1 else ""))
    flat = np.arange(int(np.prod(whole))).reshape(whole)[tuple(slices)]
    return whole, flat, f"{name}[{', '.join(text)}]"


def free_strides(rng, shape, read_only):
    """Strides of the free dimensions, with gaps and broadcasts, and what they span."""
    strides, reach = [], 1
    for n in reversed(shape[1:]):
        stride = reach * int(rng.choice([1, 1, 2])) + int(rng.choice([0, 0, 1]))
        if read_only and n > 1 and rng.random() < 0.15:
            stride = 0
        strides.insert(0, stride)
        reach = max(reach, stride * n)
    return strides, sum(s * (n - 1) for s, n in zip(strides, shape[1:])) + 1


def access_pattern(rng, name, shape, start, read_only):
    strides, span = free_strides(rng, shape, read_only)
    offset = int(rng.integers(0, 5))
    width = offset + span
    width += int(rng.integers(0, 4))
    flat = (start + np.arange(shape[0])) * width + offset
    for stride, n in zip(strides, shape[1:]):
        flat = flat[..., None] + stride * np.arange(n)
    pattern = [[width, shape[0]]] + [[s, n] for s, n in zip(strides, shape[1:])]
    text = f"{name}.ap({pattern}, {start * width + offset})"
    return [start + shape[0], width], flat, text


class Case:
    def __init__(self, seed, instruction, number):
        self.rng = np.random.default_rng([seed, zlib.crc32(instruction.encode()), number])
        self.instruction, self.number = instruction, number
        self.tiles, self.steps, self.wants = [], [], []
        self.options = {}     # of the Session
        self.random_state = random.Engines()

    # Tensors.
    def tile(self, name, shape, dtype, *, buffer="sbuf", start=0, mode=None, values=None,
             read_only=True, plain=False, free_split=True):
        """`shape` (partitions, elements...); the free shape may be split where order is all."""
        rng, shape = self.rng, [int(n) for n in shape]
        if free_split and len(shape) == 2 and not plain and rng.random() < 0.4:
            for factor in (2, 3, 4):
                if shape[1] % factor == 0 and shape[1] > factor:
                    shape = [shape[0], factor, shape[1] // factor]
                    break
        if plain:
            whole, flat, text = [start + shape[0]] + shape[1:], None, name
            if start:
                text = f"{name}[{start}:{start + shape[0]}]"
            flat = np.arange(int(np.prod(whole))).reshape(whole)[start:]
        elif rng.random() < 0.4:
            whole, flat, text = access_pattern(rng, name, shape, start, read_only)
        else:
            whole, flat, text = sliced(rng, name, shape, start)
        storage = random_values(rng, dtype, whole, mode)
        made = Tile(name, dtype, buffer, storage, flat.reshape(shape[0], -1), text)
        if values is not None:
            made.storage = made.with_values(np.asarray(values, DTYPES[dtype]))
        self.tiles.append(made)
        return made

    def operand(self, name, partitions, *, dtype="float32", mode=None, tile=None, start=0):
        """A number or a (P, 1) tile: what to pass, and what the reference takes."""
        tile = self.rng.random() < 0.5 if tile is None else tile
        if not tile:
            value = float(random_values(self.rng, dtype, (), mode or "normal"))
            return value, value
        made = self.tile(name, (partitions, 1), dtype, mode=mode, plain=True, start=start)
        return made, made.values

    def space(self, psum=0.25):
        return "psum" if self.rng.random() < psum else "sbuf"

    # What happens, and what must be there afterwards.
    def call(self, instruction=None, **arguments):
        self.steps.append((instruction or self.instruction, arguments))

    def expect(self, tile, values, ulps=0):
        self.wants.append((tile, np.asarray(values, DTYPES[tile.dtype]), ulps))

    def expect_that(self, tile, judge):
        """judge(values of the view) gives None or what is wrong."""
        self.wants.append((tile, judge, None))

    def snippet(self):
        lines = [f"# TRAINYARD_SEED={SEED} TRAINYARD_ONLY={self.instruction}:{self.number}"]
        for t in self.tiles:
            lines.append(f"{t.name} = nl.ndarray({t.storage.shape}, nl.{t.dtype}, nl.{t.buffer})")
        for instruction, arguments in self.steps:
            shown = ", ".join(f"{k}={show(v)}" for k, v in arguments.items())
            lines.append(f"nisa.{instruction}({shown})")
        return "\n".join(lines)


def show(value):
    if isinstance(value, Tile):
        return value.text
    if isinstance(value, list) and value and isinstance(value[0], Tile):
        return "[" + ", ".join(map(show, value)) + "]"
    return value.__name__ if callable(value) else repr(value)


def upload(session, tile):
    host = np.ascontiguousarray(tile.storage).view(WORDS[tile.storage.dtype.itemsize]).copy()
    shape = tile.storage.shape
    source = session.input(host, shape, tile.dtype, tile.name + "_hbm")
    if tile.buffer == "hbm":
        return source, host
    tensor = session.ndarray(shape, tile.dtype, "sbuf", tile.name)
    _core.isa.dma_copy(dst=tensor, src=source)
    if tile.buffer == "psum":
        staged, tensor = tensor, session.ndarray(shape, tile.dtype, "psum", tile.name)
        _core.isa.tensor_copy(dst=tensor, src=staged, engine="vector")
    return tensor, host


def run(case):
    """Executes the case; gives what is wrong, or an empty list."""
    session = _core.Session(MACHINE, **case.options)
    session.enter()
    try:
        held = [upload(session, tile) for tile in case.tiles]
        tensors = {tile.name: tensor for tile, (tensor, _) in zip(case.tiles, held)}

        def resolve(value):
            if isinstance(value, Tile):
                return eval(value.text, {}, tensors)
            if isinstance(value, list):
                return [resolve(v) for v in value]
            return value() if callable(value) else value

        for instruction, arguments in case.steps:
            getattr(_core.isa, instruction)(**{k: resolve(v) for k, v in arguments.items()})
        after = {name: read(session, tensors[name], tile)
                 for name, tile in ((t.name, t) for t in case.tiles)}
    finally:
        session.exit()
    return judge(case, after)


def read(session, tensor, tile):
    data = session.read(tensor)[0]
    return np.frombuffer(bytes(data), tile.storage.dtype).reshape(tile.storage.shape)


def judge(case, after):
    problems = []
    expected = {t.name: t.storage for t in case.tiles}
    loose = {}
    for tile, want, ulps in case.wants:
        got = after[tile.name].reshape(-1)[tile.flat]
        if callable(want):
            wrong = want(got)
            if wrong:
                problems.append(f"{tile.name}: {wrong}")
            expected[tile.name] = tile.with_values(got)
            continue
        expected[tile.name] = np.where(
            np.isin(np.arange(tile.storage.size).reshape(tile.storage.shape), tile.flat),
            tile.with_values(want), expected[tile.name])
        loose[tile.name] = ulps
    for tile in case.tiles:
        got, want = after[tile.name], expected[tile.name]
        ok = formats.same(got, want)
        if loose.get(tile.name):
            ok |= np.abs(ordered(got) - ordered(want)) <= loose[tile.name]
        if not ok.all():
            at = tuple(int(i) for i in np.argwhere(~ok)[0])
            inside = np.isin(np.ravel_multi_index(at, got.shape), tile.flat)
            problems.append(
                f"{tile.name}{list(at)} is {got[at]!r} ({formats.bits(got)[at]:#x}), reference "
                f"{want[at]!r} ({formats.bits(want)[at]:#x}); "
                f"{int((~ok).sum())} of {ok.size} differ"
                + ("" if inside else "; outside the view"))
    return problems


def check(instruction, generate):
    """Runs the cases of one instruction; raises with the first failing ones."""
    numbers = range(COUNT)
    if ONLY:
        name, _, number = ONLY.partition(":")
        numbers = [int(number)] if name == instruction else []
    print(f"{instruction}: seed {SEED}, {len(numbers)} cases")
    failures, failed = [], 0
    for number in numbers:
        case = Case(SEED, instruction, number)
        generate(case)
        try:
            problems = run(case)
        except _core.Fault as fault:
            problems = [f"refused: {fault}"]
        if problems:
            failed += 1
            if len(failures) < FAILURES_SHOWN:
                failures.append(case.snippet() + "\n  " + "\n  ".join(problems))
    assert not failures, f"{failed} of {len(numbers)} cases differ\n\n" + "\n\n".join(failures)

# SPDX-License-Identifier: Apache-2.0
"""Random wrong calls: a valid program whose last call gets one operand broken, as the instruction
table's facts on the parameter suggest. It must be refused with a Fault that names the rule, the
way out and a place in the kernel; a change that happens to be allowed counts as valid.

    TRAINYARD_SEED=<seed> TRAINYARD_ONLY=wrong_call:<number> pytest tests/python/test_fuzz_*.py
"""

import os
import re

import cases
import ml_dtypes
import numpy as np
from random_program import Program
from reference.formats import DTYPES
from trainyard import _core

MACHINES = {name: _core.Machine(name) for name in ("trn1", "trn2", "trn3")}
INTERNAL = 70
HUGE = [2**31, -2**31 - 1, 2**32, 2**63 - 1, 2**63, -2**63, 2**64, 2**200, -2**200, 10**18]
SMALL = [-1, 0, 1, 2, 3, 7, 127, 128, 129, 255, 256, 513, 4096, 65536]
NUMBERS = [0.5, -0.0, 1e39, -1e300, 5e-324, float("nan"), float("inf"), float("-inf")]
ENGINES = ["tensor", "vector", "scalar", "gpsimd", "dma", "sync", "unknown", "vectr", "", 3, -1]
# A rule that says itself what would be right needs no hint.
RIGHT = re.compile(r"must |at most |at least |is missing")
HERE = os.path.dirname(os.path.abspath(__file__))


class Odd:
    """An object that nothing knows."""


def junk(rng, program):
    """Something of a type that hardly fits."""
    session = program.session
    choices = [
        lambda: None, lambda: "text", lambda: "", lambda: "é\0\ud800", lambda: b"bytes",
        lambda: [], lambda: (), lambda: {}, lambda: [[]], lambda: [None], lambda: ["x"],
        lambda: [1, 2.5], lambda: [[1, 2], [3]], lambda: {"a": 1}, lambda: set(), lambda: Odd(),
        lambda: Odd, lambda: object(), lambda: complex(1, 2), lambda: True, lambda: slice(0, 3),
        lambda: ..., lambda: len, lambda: np.float32, lambda: np.dtype("float32"),
        lambda: ml_dtypes.bfloat16(3), lambda: np.ones((128, 8), np.float32), lambda: np.array(3),
        lambda: np.int64(2**40), lambda: range(4), lambda: iter(()), lambda: [0] * 1000,
        lambda: int(rng.choice(SMALL)), lambda: HUGE[int(rng.integers(len(HUGE)))],
        lambda: NUMBERS[int(rng.integers(len(NUMBERS)))],
        lambda: _core.isa.register_alloc(int(rng.choice(SMALL))),
        lambda: _core.DynamicSlice(0, 4), lambda: session, lambda: _core.Fault("x"),
        lambda: foreign(program), lambda: session.ndarray((128, 8), "float32", "sbuf"),
        lambda: session.ndarray((1, 1), "int32", "hbm")]
    return choices[int(rng.integers(len(choices)))]()


def foreign(program):
    """A tensor of another kernel call."""
    program.other = _core.Session(MACHINES["trn3"])
    return program.other.ndarray((128, 8), "float32", "sbuf")


def new_tile(program, shape, dtype, space, written=True):
    made = program.session.ndarray(tuple(int(n) for n in shape), dtype, space)
    if written and "_x4" not in dtype and space != "hbm":
        _core.isa.memset(dst=made, value=1)
    return made


def name_of(dtype):
    return getattr(dtype, "__name__", None) or str(dtype)


class Breaker:
    """Breaks one operand of a call; every method gives the operand to pass."""

    def __init__(self, program, rng):
        self.program, self.rng = program, rng

    def pick(self, values):
        return values[int(self.rng.integers(len(values)))]

    def tile(self, facts, good):
        if not hasattr(good, "get_pattern"):
            return junk(self.rng, self.program)
        way = self.pick([self.junk, self.other_space, self.other_dtype, self.other_shape,
                         self.beyond, self.pattern, self.register, self.partitions,
                         self.unwritten, self.view])
        return way(facts, good)

    def junk(self, _, __):
        return junk(self.rng, self.program)

    def shape(self, good):
        shape = [int(n) for n in good.shape]
        return shape if len(shape) > 1 else shape + [1]

    def other_space(self, facts, good):
        spaces = [s for s in ("sbuf", "psum", "hbm") if s not in facts["spaces"]]
        return new_tile(self.program, self.shape(good), "float32", self.pick(spaces or ["hbm"]))

    def other_dtype(self, facts, good):
        types = [t for t in DTYPES if t not in facts["dtypes"]] or list(DTYPES)
        space = self.pick([s for s in facts["spaces"]])
        return new_tile(self.program, self.shape(good), self.pick(types), space)

    def other_shape(self, facts, good):
        shape = self.shape(good)
        at = int(self.rng.integers(len(shape)))
        shape[at] = self.pick([shape[at] + 1, max(1, shape[at] - 1), 1, 2 * shape[at], 128, 0])
        if self.rng.random() < 0.2:
            shape = shape + [int(self.rng.integers(1, 5))]
        return new_tile(self.program, shape, "float32", self.pick(facts["spaces"]))

    def partitions(self, facts, good):
        shape = self.shape(good)
        return new_tile(self.program, [self.pick([129, 200, 256, 1000])] + shape[1:], "float32",
                        self.pick(["sbuf", "psum", "hbm"]))

    def unwritten(self, facts, good):
        return new_tile(self.program, self.shape(good), "float32", self.pick(facts["spaces"]),
                        written=False)

    def beyond(self, _, good):
        at = self.pick(SMALL + HUGE)
        first, last, step = at, self.pick(SMALL + HUGE), self.pick([1, 1, 0, -1, 2, 2**40])
        index = self.pick([at, slice(first, last), slice(first, last, step), (0, at), (at, 0),
                           (slice(None), slice(first, last)), (0,) * 9, (slice(0, 5), at, ...),
                           (..., ...), 0.5, "a", None, [0, 1], (None, None), np.array([1])])
        return good[index]

    def pattern(self, _, good):
        shape = self.shape(good)
        dims = [[self.pick(SMALL + HUGE), n] for n in shape]
        if self.rng.random() < 0.5:
            dims[int(self.rng.integers(len(dims)))][1] = self.pick(SMALL + HUGE)
        dims = self.pick([dims, dims, dims, dims * 3, [], [[]], [[1]], [[1, 2, 3]], None, "ap",
                          [[1.5, 2]], [["a", "b"]], 7])
        return good.ap(dims, self.pick([0, 0, 1, -1, 100] + HUGE + [None, "x", 0.5]))

    def register(self, _, good):
        reg = _core.isa.register_alloc(self.pick([-1, 2**31 - 1, -2**31, 10**6, 3]))
        size = self.pick([1, 2, 64, 0, -1, 2**40, None, "x", 1.5])
        index = _core.DynamicSlice(reg, size)
        return good[self.pick([index, (slice(None), index), (index, index)])]

    def view(self, _, good):
        way = self.pick(["dtype", "reshape", "rearrange"])
        if way == "dtype":
            return good.view(self.pick(list(DTYPES) + ["float64", "", None, 3, np.float32, Odd]))
        if way == "reshape":
            return good.reshape(self.pick([(1, 1), (-1,), (0,), (-1, -1), (2**40, 2**40), (), "ab",
                                           None, (128, 2.5), (2,) * 12, (2**63,), (-5, 3)]))
        return good.rearrange(self.pick([("a", "b"), (), None, ("a", ("b", "c")), ("a", "a")]),
                              self.pick([("b", "a"), (), None, ("c",), ("a", ("b", "c"))]),
                              self.pick([{}, {"b": 2}, {"b": 0}, {"b": 2**40}, None, {"z": 1}]))

    def tiles(self, facts, good):
        parts = list(good) if isinstance(good, (list, tuple)) else [good]
        return self.pick([[], parts * 40, parts[0], [None], parts + [None], parts + [parts],
                          [self.tile(facts, parts[0])], self.junk(facts, good)])

    def scalar(self, facts, good):
        if self.rng.random() < 0.5 and hasattr(good, "get_pattern"):
            return self.tile(facts, good)
        return self.pick(NUMBERS + HUGE + [self.junk(facts, good)])

    def integer(self, facts, good):
        return self.pick(SMALL + HUGE + NUMBERS + [self.junk(facts, good)])

    register_operand = number = flag = integer

    def integers(self, facts, good):
        values = self.pick([SMALL, HUGE])
        count = self.pick([0, 1, 2, 3, 5, 9, 31, 32, 33, 300])
        return self.pick([[self.pick(values) for _ in range(count)], self.integer(facts, good),
                          [0.5] * count, [[1]] * count, tuple(HUGE)])

    numbers = integers

    def pattern_operand(self, facts, good):
        count = self.pick([0, 1, 2, 4, 5, 40])
        return self.pick([[[self.pick(SMALL + HUGE), self.pick(SMALL + HUGE)]
                           for _ in range(count)], self.integers(facts, good), [[1, 2, 3]],
                          [[1.5, 2]]])

    def choice(self, facts, good):
        return self.pick(facts["choices"] + [self.junk(facts, good), "x", "add ", 250, -1, 2**70])


KINDS = {"register": "register_operand", "pattern": "pattern_operand"}


def broken(program, rng, instruction, arguments):
    """The arguments of the call with one of them broken: (positional, by name)."""
    breaker, facts = Breaker(program, rng), _core.parameters(instruction)
    way = rng.random()
    if way < 0.04:
        return (), dict(arguments, **{breaker.pick(["sorce", "dts", "é", "mask", ""]): 1})
    if way < 0.08 and arguments:
        missing = breaker.pick(list(arguments))
        return (), {k: v for k, v in arguments.items() if k != missing}
    if way < 0.1:
        return tuple(arguments.values()) * 8, {}
    if way < 0.12:
        return (next(iter(arguments.values())),), arguments
    if way < 0.2:
        engine = breaker.pick(ENGINES + [junk(rng, program)])
        return (), dict(arguments, engine=engine)
    if way < 0.25:
        other = breaker.pick(facts)
        return (), dict(arguments, **{other["name"]: junk(rng, program)})
    chosen = breaker.pick(facts if way < 0.5 else [f for f in facts if f["name"] in arguments]
                          or facts)
    make = getattr(breaker, KINDS.get(chosen["kind"], chosen["kind"]))
    return (), dict(arguments, **{chosen["name"]: make(chosen, arguments.get(chosen["name"]))})


def what_is_wrong_with(fault):
    """A fault that does not tell enough, or None."""
    if fault.kind == INTERNAL:
        return f"internal: {fault}"
    if not fault.rule or not (fault.hint or RIGHT.search(fault.rule)):
        return f"no {'hint' if fault.rule else 'rule'}: {fault}"
    if not fault.file.startswith(HERE) or fault.line < 1:
        return f"no place in the kernel ({fault.file}:{fault.line}): {fault}"
    return None


def check_wrong_call(number):
    """Runs wrong call `number`: ("refused" or "valid", what is wrong)."""
    rng = np.random.default_rng([cases.SEED, 2, number])
    machine = MACHINES[str(rng.choice(["trn3", "trn3", "trn3", "trn3", "trn2", "trn1"]))]
    program = Program(rng, machine)
    program.session.enter()
    try:
        outcome, problem = run_wrong_call(program, rng)
    except _core.Fault as fault:
        outcome, problem = "refused", what_is_wrong_with(fault)
    except Exception as error:        # anything else is a finding
        outcome, problem = "refused", f"{type(error).__name__} instead of a Fault: {error}"
    finally:
        program.session.exit()
    return outcome, [problem] + program.text if problem else []


def run_wrong_call(program, rng):
    step = None
    while step is None:
        step = program.step()
    for instruction, arguments in step.steps[:-1]:
        program.call(step, instruction, arguments)
    instruction, arguments = step.steps[-1]
    made = {k: program.resolve(step, v) for k, v in arguments.items()}
    program.text.append(f"nisa.{instruction} on {', '.join(arguments)}")
    try:
        positional, named = broken(program, rng, instruction, made)
        program.text.append(f"nisa.{instruction}{positional!r:.300} {named!r:.600}")
        getattr(_core.isa, instruction)(*positional, **named)
    except _core.Fault as fault:
        problem = what_is_wrong_with(fault)
        if problem:
            return "refused", problem
        # The kernel may catch it and go on.
        _core.isa.memset(dst=program.session.ndarray((128, 8), "float32", "sbuf"), value=0.0)
        _core.finish([program.session])
        return "refused", None
    _core.finish([program.session])
    return "valid", None

# SPDX-License-Identifier: Apache-2.0
"""Random programs of several ranks and cores: collectives, sendrecv, core_barrier, compared with
their NumPy reading. What every core calls is planned first, on mirrors of the tensors; then all
run together.

A program is a function of (seed, number):
    TRAINYARD_SEED=<seed> TRAINYARD_ONLY=ranks:<number> pytest tests/python/test_fuzz_*.py
"""

import cases
import numpy as np
import ranks_steps
from cases import random_values
from ranks_calls import Family, Part, Upload
from reference import formats
from reference.formats import DTYPES, WORDS
from trainyard import _core
from trainyard.nki import cores

MACHINES = {name: _core.Machine(name) for name in ("trn1", "trn2", "trn3")}


class Plan:
    """What each place, a (rank, core), calls, and the values that it has in the end."""

    def __init__(self, rng):
        self.rng = rng
        self.ranks = int(rng.choice([1, 2, 2, 3, 4, 4, 6, 8]))
        self.machine = str(rng.choice(["trn3", "trn3", "trn2", "trn1"]))
        self.cores = 1 if self.machine == "trn1" else int(rng.choice([1, 2]))
        self.places = [(r, c) for r in range(self.ranks) for c in range(self.cores)]
        self.steps, self.families = [], []
        for _ in range(int(rng.integers(2, 9))):
            ranks_steps.add(self)

    def pick(self, values):
        return values[int(self.rng.integers(len(values)))]

    def family(self, shape, dtype, buffer, values=None):
        """A new one, of random values unless they are given for each place."""
        made = Family(f"t{len(self.steps)}", tuple(shape), dtype, buffer)
        for place in self.places:
            made.values[place] = (random_values(self.rng, dtype, shape) if values is None
                                  else values[place])
        inputs = []
        for rank in range(self.ranks):
            host = np.stack([made.values[rank, core] for core in range(self.cores)])
            inputs.append(host.view(WORDS[host.dtype.itemsize]))
        self.steps.append(dict.fromkeys(self.places, [Upload(made, inputs)]))
        self.families.append(made)
        return made

    def empty(self, shape, dtype, buffer):
        """A new one that nothing was written to."""
        made = Family(f"t{len(self.steps)}", tuple(shape), dtype, buffer)
        self.steps.append(dict.fromkeys(self.places, [Upload(made, [])]))
        return made

    def some(self, shape, dtype, buffer):
        """One that is there, or a new one."""
        able = [f for f in self.families if (f.shape, f.dtype, f.buffer) ==
                (tuple(shape), dtype, buffer)]
        if able and self.rng.random() < 0.7:
            return self.pick(able)
        return self.family(shape, dtype, buffer)

    def text(self):
        lines = [f"{self.ranks} ranks of {self.cores} cores, {self.machine}"]
        for number, step in enumerate(self.steps):
            calls = {}
            for place, made in step.items():
                for call in made:
                    calls.setdefault(repr(call), []).append(place)
            for call, places in calls.items():
                everyone = len(places) == len(self.places)
                lines.append(f"{number}: " + ("" if everyone else f"{places}: ") + call)
        return lines


def outputs_of(session, plan, tensors, place):
    """Copies in HBM that are looked at from outside: of a rank alone, which can be replayed."""
    arrays = []
    for family in plan.families:
        if family.name not in tensors:
            continue
        out = session.ndarray((plan.cores, *family.shape), family.dtype, "shared_hbm")
        _core.isa.dma_copy(dst=out[place[1]], src=Part(family).of(tensors, place))
        arrays.append((family, session.array(out)))
    return arrays


def run_together(plan, steps):
    """Runs the steps: what each place's tensors hold, the sessions, the outputs of the places."""
    world = _core.World(plan.ranks, plan.cores)
    sessions = [_core.Session(MACHINES[plan.machine], kernel="ranks", world=world, rank=r, core=c)
                for r, c in plan.places]

    def body(session):
        place, tensors = (session.rank_place[0], session.core_place[0]), {}
        session.enter()
        try:
            for step in steps:
                for call in step.get(place, ()):
                    call.run(session, tensors, place)
            held = {f.name: np.frombuffer(bytes(session.read(Part(f).of(tensors, place))[0]),
                                          DTYPES[f.dtype]).reshape(f.shape).copy()
                    for f in plan.families if f.name in tensors}
            return held, outputs_of(session, plan, tensors, place) if plan.ranks == 1 else []
        finally:
            session.exit()

    results = cores.run_together(sessions, body)
    return [held for held, _ in results], sessions, [outputs for _, outputs in results]


def compare(plan, held):
    problems = []
    for place, values in zip(plan.places, held):
        for family in plan.families:
            got, want = values[family.name], family.values[place]
            ok = formats.same(got, want)
            if not ok.all():
                at = tuple(int(i) for i in np.argwhere(~ok)[0])
                problems.append(f"{family.name}{list(at)} of {place} is {got[at]!r}, reference "
                                f"{want[at]!r}; {int((~ok).sum())} of {ok.size} differ")
    return problems


def replay(plan, sessions, outputs):
    """A rank alone gives the same bits again."""
    if not sessions[0].replayable:
        return []
    for _, array in outputs[0]:
        array[...] = 0x5A
    _core.replay(sessions, [step[0, 0][0].inputs[0] for step in plan.steps
                            if isinstance(step.get((0, 0), [None])[0], Upload)
                            and step[0, 0][0].inputs])
    problems = []
    for family, array in outputs[0]:
        want = np.stack([family.values[place] for place in plan.places])
        if not formats.same(array.view(want.dtype), want).all():
            problems.append(f"a replay gives {family.name} another value")
    return problems


def check_ranks(number):
    """Runs program `number`; gives what is wrong, with the program's text."""
    plan = Plan(np.random.default_rng([cases.SEED, 3, number]))
    try:
        held, sessions, outputs = run_together(plan, plan.steps)
        problems = compare(plan, held)
        result = _core.finish(sessions)
        if not result.time_us > 0:
            problems.append(f"the program takes {result.time_us} us")
        if plan.ranks == 1 and not problems:
            problems = replay(plan, sessions, outputs)
        elif number % 10 == 0:
            _, again, _ = run_together(plan, plan.steps)
            if _core.finish(again).hash() != result.hash():
                problems.append("a second run has another time")
    except _core.Fault as fault:
        problems = [f"refused: {fault}"]
    return problems + plan.text() if problems else []

# SPDX-License-Identifier: Apache-2.0
"""Random wrong programs of several ranks and cores: in one of random_ranks.py a place does one
thing wrong. It must end with a Fault that tells enough, never a hang or a crash; a change that
happens to be allowed counts as valid.

    TRAINYARD_SEED=<seed> TRAINYARD_ONLY=wrong_ranks:<number> pytest tests/python/test_fuzz_*.py
"""

import dataclasses
import inspect
import json

import cases
import numpy as np
from random_ranks import Plan, run_together
from ranks_calls import Call, Part
from trainyard import _core
from trainyard.nki import collectives
from trainyard.nki.collectives import ReplicaGroup
from wrong_calls import HUGE, SMALL, Breaker, junk, what_is_wrong_with

BETWEEN_CORES = ("sendrecv", "core_barrier")


# The parameters of each function: a name that it lacks is Python's own TypeError.
NAMES = {name: set(inspect.signature(getattr(collectives, name)).parameters)
         for name in dir(collectives) if name.startswith(("all_", "reduce_", "collective_"))}
NAMES.update({name: {p["name"] for p in _core.parameters(name)} for name in BETWEEN_CORES})


class OfTheKernel(Exception):
    """Raised by the kernel itself."""


@dataclasses.dataclass
class Host:
    """What wrong_calls makes its objects for."""
    session: object


def facts_of(function, name):
    """The table's facts on an argument of nki.collectives or nki.isa."""
    of = {p["name"]: p for p in _core.parameters(function)}
    alias = {"srcs_by_channel": "srcs", "srcs0_by_channel": "srcs", "srcs1_by_channel": "others",
             "dsts_by_channel": "dsts"}
    return of.get(alias.get(name, name))


def wrong_group(rng, good):
    groups = [list(group) for group in good.groups]
    at = int(rng.integers(len(groups)))
    choices = [
        lambda: groups[:at] + groups[at + 1:], lambda: [], lambda: [[]], lambda: [[0]],
        lambda: [group + [group[0]] for group in groups], lambda: [sorted(sum(groups, []))],
        lambda: [group + [99] for group in groups], lambda: [group + [-1] for group in groups],
        lambda: [group[::-1] for group in groups], lambda: [group[1:] for group in groups],
        lambda: sum(groups, []), lambda: None, lambda: 3, lambda: "groups", lambda: [None],
        lambda: [["0"]], lambda: [[0.5, 0]], lambda: [group + [2**70] for group in groups],
        lambda: [group + [None] for group in groups], lambda: [list(range(5000))],
        lambda: np.array(groups), lambda: [np.array(group) for group in groups]]
    made = choices[int(rng.integers(len(choices)))]()
    return ReplicaGroup(made) if rng.random() < 0.7 else made


def wrong_pairs(rng, good):
    choices = [lambda: good + good, lambda: [], lambda: good[1:], lambda: [(0, 99)],
               lambda: [(-1, 0)], lambda: [(0,)], lambda: [(0, 1, 2)], lambda: None, lambda: 7,
               lambda: "ab", lambda: [None], lambda: [("0", "1")], lambda: [(2**70, 0)],
               lambda: [(s, s) for s, _ in good], lambda: [(t, s) for s, t in good]]
    return choices[int(rng.integers(len(choices)))]()


def break_argument(rng, call, session, tensors, place):
    """The arguments of the call with one of them broken."""
    arguments, host = call.resolved(tensors, place), Host(session)
    name = str(rng.choice(list(arguments) + [n for n in ("priority", "dma_engine", "name")
                                             if n in NAMES[call.function]]))
    good, breaker = arguments.get(name), Breaker(host, rng)
    facts = facts_of(call.function, name)
    if name == "replica_group" and good is not None and rng.random() < 0.8:
        made = wrong_group(rng, good)
    elif name == "source_target_pairs" and rng.random() < 0.8:
        made = wrong_pairs(rng, good)
    elif name.endswith("_by_channel"):
        made = breaker.pick([[], [[]], good * 2, good[0], [good[0] * 2], None, [None], [[None]],
                             [[junk(rng, host)]], [[breaker.tile(facts, good[0][0])]], "x", 3])
    elif name == "channel_ids":
        made = breaker.pick([(), (0, 0), (1,), (0, 1, 2, 3), None, 0, "01", [0.0], (2**70,)])
    elif facts is not None and rng.random() < 0.8:
        kind = {"register": "register_operand"}.get(facts["kind"], facts["kind"])
        made = getattr(breaker, kind)(facts, good)
    else:
        made = junk(rng, host)
    return dict(arguments, **{name: made})


class Instead:
    """What a place does in place of `call`: one of the ways below."""

    def __init__(self, plan, call, others):
        self.call, self.other = call, plan.pick(others)
        self.rng = np.random.default_rng(int(plan.rng.integers(2**32)))
        self.with_counts = "metadata_tensor" in call.arguments
        ways = [self.broken] * 6 + [self.nothing, self.raises, self.another, self.narrower]
        ways += [self.counts] * 4 if self.with_counts else []
        ways += [self.number] * 2 if call.function == "sendrecv" else []
        self.run = plan.pick(ways)
        self.text = f"{call} but {self.run.__name__}"

    def __repr__(self):
        return self.text

    def broken(self, session, tensors, place):
        wrong = break_argument(self.rng, self.call, session, tensors, place)
        self.text = f"{self.call.module}.{self.call.function}({wrong!r:.400})"
        Call(self.call.module, self.call.function, wrong).run(session, tensors, place)

    def nothing(self, *_):
        pass

    def raises(self, *_):
        raise OfTheKernel

    def another(self, session, tensors, place):
        """A call of this or an earlier step."""
        self.text = f"{self.other} in place of {self.call}"
        self.other.run(session, tensors, place)

    def narrower(self, session, tensors, place):
        def halves(value):
            if isinstance(value, list):
                return [halves(v) for v in value]
            if not isinstance(value, Part):
                return value
            return Part(value.family, slice(0, max(1, value.family.shape[1] // 2)))

        arguments = {k: halves(v) for k, v in self.call.arguments.items()}
        Call(self.call.module, self.call.function, arguments).run(session, tensors, place)

    def counts(self, session, tensors, place):
        """One cell of the metadata is another number."""
        table = self.call.arguments["metadata_tensor"].of(tensors, place)
        cell = tuple(slice(k, k + 1) for k in (int(self.rng.integers(n)) for n in table.shape))
        word = session.ndarray((1, 1), "float32", "sbuf").view("uint32")
        _core.isa.memset(dst=word, value=int(self.rng.choice([0, 1, 9, 2**31, 2**32 - 1])))
        _core.isa.dma_copy(dst=table[cell], src=word)
        self.call.run(session, tensors, place)

    def number(self, session, tensors, place):
        name = str(self.rng.choice(["send_to_rank", "recv_from_rank", "pipe_id"]))
        number = (SMALL + HUGE)[int(self.rng.integers(len(SMALL + HUGE)))]
        self.text = f"{self.call} but {name}={number}"
        Call("isa", "sendrecv", dict(self.call.arguments, **{name: number})).run(
            session, tensors, place)


def talks(call):
    return isinstance(call, Call) and (call.module == "ncc" or call.function in BETWEEN_CORES)


def break_step(plan):
    """Breaks one call of the plan in its place; whether races must be told of."""
    able = [(number, place, i) for number, step in enumerate(plan.steps)
            for place, made in step.items() for i, call in enumerate(made) if talks(call)]
    if not able:
        return False
    number, place, i = plan.pick(able)
    calls = plan.steps[number][place]
    if calls[i].function == "core_barrier" and plan.rng.random() < 0.4:
        for core in range(2):     # of both: nobody waits
            both = plan.steps[number][place[0], core]
            plan.steps[number][place[0], core] = both[:i] + both[i + 1:]
        return True
    earlier = [plan.steps[n][p][k] for n, p, k in able if n <= number]
    plan.steps[number][place] = calls[:i] + [Instead(plan, calls[i], earlier)]
    if plan.rng.random() < 0.2:
        for step in plan.steps[number + 1:]:     # the kernel of this place ends here
            step.pop(place, None)
    else:
        plan.steps[number][place] += calls[i + 1:]
    return False


def races_in(result):
    told = json.loads(result.json())
    return [race for core in [told, *told.get("cores", [])] for race in core.get("races", [])]


def check_wrong_ranks(number):
    """Runs wrong program `number`: ("refused" or "valid", what is wrong)."""
    plan = Plan(np.random.default_rng([cases.SEED, 4, number]))
    races = break_step(plan)
    outcome, problem = "refused", None
    try:
        _, sessions, _ = run_together(plan, plan.steps)
        result, outcome = _core.finish(sessions), "valid"
        if races and not races_in(result):
            problem = "no barrier and no race"
    except _core.Fault as fault:
        problem = what_is_wrong_with(fault)
    except OfTheKernel:
        pass
    except Exception as error:        # anything else is a finding
        problem = f"{type(error).__name__} instead of a Fault: {error}"
    return outcome, [problem] + plan.text() if problem else []

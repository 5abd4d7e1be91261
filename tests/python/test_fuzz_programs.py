# SPDX-License-Identifier: Apache-2.0
"""Random programs compute what their NumPy reading says; random wrong calls are refused with a
message, and never crash or hang. Ten times TRAINYARD_CASES of each: 1,000 unless it is set. Those
of several ranks and cores are as many as TRAINYARD_CASES."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import random_program
import ranks_steps
from cases import COUNT, ONLY, SEED
from random_program import GENERATORS, check_program
from random_ranks import check_ranks
from reference import collectives, elementwise
from trainyard import _core

FOLDER = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {"program": 10 * COUNT, "wrong_call": 10 * COUNT, "ranks": COUNT, "wrong_ranks": COUNT}
CHUNK = 5000


def run_worker(kind, first, stop):
    """The JSON object of fuzz_worker.py."""
    command = [sys.executable, os.path.join(FOLDER, "fuzz_worker.py"), kind, str(first), str(stop)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        number = lines[-1] if lines else "none"
        pytest.fail(f"TRAINYARD_SEED={SEED} TRAINYARD_ONLY={kind}:{number} ended with status "
                    f"{done.returncode}\n{done.stderr[-4000:]}")
    return json.loads(lines[-1])


def chunks(kind):
    if ONLY:
        name, _, number = ONLY.partition(":")
        return [(int(number), int(number) + 1)] if name == kind else []
    count = PROGRAMS[kind]
    return [(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]


@pytest.mark.parametrize("kind", PROGRAMS)
def test_fuzz(kind):
    outcomes, failed, shown = {}, 0, []
    for first, stop in chunks(kind):
        told = run_worker(kind, first, stop)
        for name, count in told["outcomes"].items():
            outcomes[name] = outcomes.get(name, 0) + count
        failed += told["failed"]
        shown += [f"TRAINYARD_SEED={SEED} TRAINYARD_ONLY={kind}:{number}\n  " + "\n  ".join(lines)
                  for number, lines in told["failures"]]
    print(f"{kind}: seed {SEED}, {outcomes}")
    assert not failed, f"{failed} of {outcomes}\n\n" + "\n\n".join(shown[:3])
    if kind.startswith("wrong") and not ONLY:
        assert outcomes["refused"] > outcomes["valid"]


def test_a_wrong_result_in_a_program_is_noticed(monkeypatch):
    """One bit in what the reading of tensor_copy gives."""
    right = elementwise.tensor_copy

    def wrong(values, dtype):
        out = right(values, dtype).copy()
        out.view(f"u{out.dtype.itemsize}").reshape(-1)[0] ^= 1
        return out

    monkeypatch.setattr(elementwise, "tensor_copy", wrong)
    monkeypatch.setattr(random_program, "GENERATORS",
                        [g for g in GENERATORS if g.__name__ == "tensor_copy"])
    problems = check_program(0)
    assert problems and "dst" in problems[0] and any("nisa.tensor_copy" in p for p in problems)


def test_a_wrong_result_of_ranks_is_noticed(monkeypatch):
    """The ranks of a group in another order."""
    monkeypatch.setattr(ranks_steps, "COLLECTIVES", [ranks_steps.all_gather])
    monkeypatch.setattr(collectives, "all_gather",
                        lambda members, dim: np.concatenate(members[::-1], axis=dim))
    problems = [check_ranks(number) for number in range(10)]
    assert any("differ" in lines[0] for lines in problems if lines)


def test_a_python_error_behind_a_fault_is_told():
    """Text without a form in UTF-8, numbers beyond 64 bits, arrays as truth."""
    session = _core.Session("trn3")
    session.enter()
    try:
        t = session.ndarray((128, 8), "float32", "sbuf")
        for call, words in [
                (lambda: _core.isa.tensor_tensor(t, t, t, op="\ud800"), "no ALU operator"),
                (lambda: session.ndarray((1, 1), "\ud800", "sbuf"), "no dtype"),
                (lambda: t[2**70], "64 bits"),
                (lambda: t.ap(None), "[step, count]"), (lambda: t.ap([7]), "[step, count]"),
                (lambda: t.reshape((2**63,)), "64 bits"),
                (lambda: t.rearrange(None, ("a",)), "tuple of names"),
                (lambda: t.rearrange(("a",), ("a",), 3), "dictionary"),
                (lambda: _core.DynamicSlice(0, None), "must be an integer"),
                (lambda: _core.isa.iota(t, [[1, 8]], offset=2**70), "one that large"),
                (lambda: _core.isa.nc_stream_shuffle(t, t, np.array(3)), "list of integers"),
                (lambda: _core.isa.nc_transpose(t, t, name="\ud800"), "nc_transpose")]:
            with pytest.raises(_core.Fault) as caught:
                call()
            assert words in str(caught.value) and caught.value.kind != 70
    finally:
        session.exit()

# SPDX-License-Identifier: Apache-2.0
"""What the reference documents as refused is refused, and what it documents as allowed runs."""

import documented_rules
import numpy as np
import pytest

from trainyard import _core, alias, runs

alias.install()

import nki  # noqa: E402
import nki.isa as nisa  # noqa: E402
import nki.language as nl  # noqa: E402


def run(code, machine, monkeypatch):
    monkeypatch.setattr(runs, "machine", machine)

    def t(shape, dtype=nl.float32, buffer=nl.sbuf, address=None):
        return nl.ndarray(shape, dtype, buffer, address=address)

    @nki.jit
    def kernel(table):
        ones, idx = nl.ones((128, 64), nl.float32), nl.zeros((128, 1), nl.uint32)
        names = dict(t=t, ones=ones, idx=idx, table=table, nl=nl, nisa=nisa, np=np)
        exec(code, names)  # closures of the code find its names there

    kernel(np.zeros((256, 64), nl.bfloat16))


@pytest.mark.parametrize("name, machine, words, code", documented_rules.REFUSED,
                         ids=[case[0] for case in documented_rules.REFUSED])
def test_is_refused(name, machine, words, code, monkeypatch):
    with pytest.raises(_core.Fault) as told:
        run(code, machine, monkeypatch)
    for word in words:
        assert word in str(told.value), f"{word!r} is missing in\n{told.value}"


@pytest.mark.parametrize("name, machine, code", documented_rules.ALLOWED,
                         ids=[case[0] for case in documented_rules.ALLOWED])
def test_is_allowed(name, machine, code, monkeypatch):
    run(code, machine, monkeypatch)

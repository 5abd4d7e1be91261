# SPDX-License-Identifier: Apache-2.0
"""nl.rand and nl.random_seed on every machine; rand2 came with NeuronCore-v4."""

import numpy as np
import pytest

from trainyard import alias, runs

alias.install()

import nki  # noqa: E402
import nki.language as nl  # noqa: E402


@nki.jit
def twice(seed):
    out = nl.ndarray((2, 128, 512), nl.float32, nl.shared_hbm)
    seed = nl.load(seed)
    for i in range(2):
        nl.random_seed(seed)
        nl.store(out[i], nl.rand((128, 512), nl.float32))
    return out


@pytest.mark.parametrize("machine", ["trn1", "trn2", "trn3"])
def test_values_are_uniform_from_0_to_1_and_repeat_with_their_seed(monkeypatch, machine):
    monkeypatch.setattr(runs, "machine", machine)
    first, second = twice(np.array([[42]], np.int32))
    np.testing.assert_array_equal(first, second)
    assert first.min() >= 0 and first.max() < 1
    assert abs(first.mean() - 0.5) < 0.01 and abs(first.std() - 12**-0.5) < 0.01

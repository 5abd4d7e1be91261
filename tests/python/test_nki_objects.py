# SPDX-License-Identifier: Apache-2.0
"""NKIObject with and without @dataclass; arrays inside of objects, lists and dictionaries."""

from dataclasses import FrozenInstanceError, dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from trainyard import alias

alias.install()

import nki  # noqa: E402
import nki.language as nl  # noqa: E402


class Plain(nl.NKIObject):
    rows: int = 2
    columns: int
    names: list = []
    depth = 3
    kind: ClassVar[str] = "plain"


@dataclass
class Decorated(nl.NKIObject):
    rows: int = 2
    columns: int
    names: list = []
    more: dict = field(default_factory=dict)
    depth = 3


@dataclass(frozen=True)
class Frozen(nl.NKIObject):
    rows: int = 2
    columns: int
    total: int = 0

    def __post_init__(self):
        object.__setattr__(self, "total", self.rows + (self.columns or 0))


@pytest.mark.parametrize("cls", [Plain, Decorated])
def test_fields_come_in_order_or_by_name_and_the_rest_is_the_default_or_none(cls):
    one = cls(7, names=["a"])
    assert (one.rows, one.columns, one.names, one.depth) == (7, None, ["a"], 3)
    other = cls()
    other.names.append("b")
    assert (other.rows, cls().names) == (2, [])
    assert cls(columns=4, depth=5).depth == 5


@pytest.mark.parametrize("cls", [Plain, Decorated, Frozen])
def test_unknown_and_repeated_fields_are_refused(cls):
    for arguments, named in [((), {"row": 1}), ((1,), {"rows": 1}), (range(9), {})]:
        with pytest.raises(TypeError, match=cls.__name__):
            cls(*arguments, **named)


def test_a_frozen_dataclass_keeps_the_constructor_and_post_init_runs():
    one = Frozen(3)
    assert (one.columns, one.total) == (None, 3) and Frozen(1, 2) == Frozen(1, columns=2)
    assert hash(Frozen(1, 2)) == hash(Frozen(1, 2))
    with pytest.raises(FrozenInstanceError):
        one.rows = 4


def test_a_users_constructor_wins_and_may_call_the_generated_one():
    class Own(nl.NKIObject):
        size: int = 1
        other: int = 5

        def __init__(self, size):
            self.size = 2 * size
            super().__init__()

    assert (Own(4).size, Own(4).other) == (8, 5)


def test_fields_are_inherited_in_order():
    @dataclass
    class Wider(Decorated):
        rows: int = 9
        last: str

    wider = Wider(columns=1, last="x")
    assert (wider.rows, wider.columns, wider.last, wider.depth) == (9, 1, "x", 3)
    assert Wider(1, 2, [], {}, "y").last == "y"


def array(value):
    return np.full((32, 8), value, np.float32)


@dataclass
class Pair(nl.NKIObject):
    left: nl.ndarray
    right: nl.ndarray
    scale: float = 1.0


@nki.jit
def summed(pair, rest, named=None):
    out = nl.ndarray(pair.left.shape, pair.left.dtype, buffer=nl.shared_hbm)
    total = nl.multiply(nl.add(nl.load(pair.left), nl.load(pair.right)), pair.scale)
    for tensor in [*rest, *(named or {}).values()]:
        total = nl.add(total, nl.load(tensor))
    nl.store(out, total)
    return Pair(out, out, scale=pair.scale)


def test_arrays_inside_of_objects_lists_and_dictionaries_are_tensors_and_results_arrays():
    pair, rest, named = Pair(array(1), array(2), 2.0), [array(3), array(4)], {"a": array(5)}
    for _ in range(2):  # the second time as a replay
        result = summed(pair, rest, named)
        np.testing.assert_array_equal(result.left, array(18))
        assert result.scale == 2.0 and isinstance(pair.left, np.ndarray)
    pair.scale = 3.0
    np.testing.assert_array_equal(summed(pair, tuple(rest), named).left, array(21))


def test_objects_without_arrays_pass_as_they_are():
    seen = []

    @nki.jit
    def kernel(x, options):
        seen.append(options)

    options = Plain(1)
    kernel(array(0), options)
    assert seen[0] is options

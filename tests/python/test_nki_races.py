# SPDX-License-Identifier: Apache-2.0
"""Races between the two cores of a logical core (LNC 2)."""

import inspect
import json
import re

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
from trainyard import runs

ROWS, COLUMNS = 256, 128
HALF = ROWS // 2


def array():
    return np.random.default_rng(7).standard_normal((ROWS, COLUMNS)).astype(np.float32)


def tile(columns=COLUMNS):
    return nl.ndarray((HALF, columns), dtype=nl.float32, buffer=nl.sbuf)


def shared(shape, name=""):
    return nl.ndarray(shape, dtype=nl.float32, buffer=nl.shared_hbm, name=name or None)


def half(core):
    return slice(core * HALF, (core + 1) * HALF)


def line_of(function, text):
    lines, first = inspect.getsourcelines(function)
    return first + next(i for i, line in enumerate(lines) if text in line)


def exchange(x, order):
    """Each core writes its half of `between` and reads the other's."""
    out, between = shared(x.shape), shared(x.shape, "between")
    me, rows = nl.program_id(0), tile()
    nisa.dma_copy(dst=rows, src=x[half(me)])
    nisa.dma_copy(dst=between[half(me)], src=rows)  # writes
    order(between, me, rows)
    nisa.dma_copy(dst=rows, src=between[half(1 - me)])  # reads
    nisa.dma_copy(dst=out[half(me)], src=rows)
    return out


def no_order(_between, _me, _rows):
    pass


def barrier(between, _me, _rows):
    nisa.core_barrier(data=between, cores=(0, 1))


def message(_between, me, rows):
    nisa.sendrecv(src=rows, dst=tile(), send_to_rank=1 - me, recv_from_rank=1 - me, pipe_id=0)


@pytest.fixture
def seen():
    results = []
    runs.on_finish = results.append
    yield results
    runs.on_finish = None


def races(result):
    cores = json.loads(result.json())["cores"]
    return [race for core in cores for race in core["races"]]


def test_a_read_of_what_the_other_core_writes_in_no_order_is_a_race(seen):
    @nki.jit
    def careless(x):
        return exchange(x, no_order)

    for _ in range(2):  # traced, replayed
        careless[2](array())
        (race,) = races(seen[-1])
        assert race["tensor"] == "between"
        sides = {race[when]["access"]: race[when] for when in ("earlier", "later")}
        assert sides["write"]["line"] == line_of(exchange, "# writes")
        assert sides["read"]["line"] == line_of(exchange, "# reads")
        assert {side["core"] for side in sides.values()} == {0, 1}
        (warning,) = re.findall(r".*warning: race: .*", seen[-1].text())
        for side in sides.values():
            assert f"test_nki_races.py:{side['line']} {side['access']}s" in warning
        assert "core_barrier" in warning


@pytest.mark.parametrize("order", [barrier, message])
def test_a_barrier_or_a_message_orders_the_cores(seen, order):
    @nki.jit
    def careful(x):
        return exchange(x, order)

    careful[2](array())
    assert races(seen[-1]) == []
    assert "race:" not in seen[-1].text()


def test_columns_side_by_side_are_no_race_and_one_column_is(seen):
    @nki.jit
    def columns(x, width):
        out = shared((HALF, COLUMNS))
        me, rows = nl.program_id(0), tile(width)
        nisa.dma_copy(dst=rows, src=x[0:HALF, 0:width])
        first = me * (COLUMNS - width)
        nisa.dma_copy(dst=out[:, first:first + width], src=rows)
        return out

    columns[2](array(), COLUMNS // 2)
    assert races(seen[-1]) == []
    columns[2](array(), COLUMNS // 2 + 1)
    (race,) = races(seen[-1])
    assert race["earlier"]["access"] == race["later"]["access"] == "write"


@pytest.mark.parametrize("shift, found", [(0, 1), (HALF, 0)])
def test_rows_that_both_cores_scatter_to_are_a_race(seen, shift, found):
    @nki.jit
    def scatters(x, places):
        out, rows = shared((HALF + shift, 1), "out"), tile(1)
        index = nl.ndarray((HALF, 1), dtype=nl.int32, buffer=nl.sbuf)
        me = nl.program_id(0)
        nisa.dma_copy(dst=rows, src=x[0:HALF, 0:1])
        nisa.dma_copy(dst=index, src=places[half(me)])
        nisa.dma_copy(dst=out.vector_select(0, index), src=rows)
        return out

    places = np.r_[np.arange(HALF), np.arange(HALF) + shift].astype(np.int32)[:, None]
    scatters[2](array(), places)
    assert len(races(seen[-1])) == found


def test_an_input_that_a_core_writes_and_the_other_reads_is_a_race(seen):
    @nki.jit
    def changes_its_input(x):
        out, rows = shared(x.shape), tile()
        nisa.dma_copy(dst=rows, src=x[half(0)])
        if nl.program_id(0) == 1:
            nisa.dma_copy(dst=x[half(0)], src=rows)
        nisa.dma_copy(dst=out[half(nl.program_id(0))], src=rows)
        return out

    changes_its_input[2](array())
    (race,) = races(seen[-1])
    assert race["tensor"] == "x"


def test_a_barrier_orders_only_what_is_on_its_two_sides(seen):
    """Both after the barrier: unordered again."""
    @nki.jit
    def late(x):
        out, rows = shared(x.shape), tile()
        nisa.dma_copy(dst=rows, src=x[half(0)])
        nisa.core_barrier(data=out, cores=(0, 1))
        nisa.dma_copy(dst=out[half(0)], src=rows)
        return out

    late[2](array())
    assert len(races(seen[-1])) == 1


def test_a_pair_of_lines_is_told_once(seen):
    @nki.jit
    def often(x):
        out, rows = shared(x.shape), tile()
        nisa.dma_copy(dst=rows, src=x[half(0)])
        for _ in range(20):
            nisa.dma_copy(dst=out[half(0)], src=rows)
        return out

    often[2](array())
    assert len(races(seen[-1])) == 1


def test_at_most_ten_are_shown(seen):
    @nki.jit
    def everywhere(x):
        out, rows = shared((12 * HALF, COLUMNS)), tile()
        nisa.dma_copy(dst=rows, src=x[half(0)])
        for k, write in enumerate(WRITES):
            write(out[half(k)], rows)
        return out

    everywhere[2](array())
    assert len(races(seen[-1])) == 12
    for text in seen[-1].text().split("core 1 of 2"):
        assert text.count("warning: race:") <= 10
    assert seen[-1].text().count("warning: race:") + 2 * seen[-1].text().count("more races") >= 12


# Of a line each.
WRITES = [
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
    lambda dst, src: nisa.dma_copy(dst=dst, src=src),
]


def test_one_core_has_no_races(seen):
    @nki.jit
    def alone(x):
        out, rows = shared(x.shape), tile()
        nisa.dma_copy(dst=rows, src=x[half(0)])
        nisa.dma_copy(dst=out[half(0)], src=rows)
        nisa.dma_copy(dst=out[half(0)], src=rows)
        return out

    alone(array())
    assert json.loads(seen[-1].json())["races"] == []

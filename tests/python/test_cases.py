# SPDX-License-Identifier: Apache-2.0
"""The comparison of cases notices what it is there to notice."""

import numpy as np
from cases import Case, run


def add(change):
    """Problems of a tensor_tensor case whose expectation is changed."""
    case = Case(7, "tensor_tensor", 0)
    a, b = (case.tile(name, (32, 8), "float32", mode="normal") for name in "ab")
    dst = case.tile("dst", (32, 8), "float32", read_only=False)
    case.call(dst=dst, data1=a, data2=b, op="add")
    want = a.values + b.values
    change(dst, want)
    case.expect(dst, want)
    return run(case)


def test_the_right_sum_has_no_problems():
    assert add(lambda dst, want: None) == []


def test_one_ulp_in_one_element_is_a_problem():
    def one_ulp(dst, want):
        want[3, 5] = np.nextafter(want[3, 5], np.float32(np.inf))
    problems = add(one_ulp)
    assert len(problems) == 1 and "1 of" in problems[0]


def test_the_sign_of_a_zero_is_a_problem():
    case = Case(7, "memset", 0)
    dst = case.tile("dst", (4, 4), "float32", read_only=False)
    case.call(dst=dst, value=0.0)
    case.expect(dst, np.full((4, 4), -0.0, np.float32))
    assert run(case)


def test_a_change_outside_the_view_is_a_problem():
    case = Case(7, "memset", 1)
    whole = case.tile("whole", (4, 8), "float32", plain=True, mode="normal")
    case.call(dst=whole, value=1.0)
    half = whole.flat[:, :4]
    whole.flat = half
    case.expect(whole, np.ones((4, 4), np.float32))
    problems = run(case)
    assert len(problems) == 1 and problems[0].endswith("outside the view")


def test_the_same_seed_gives_the_same_case():
    first, second = (Case(7, "iota", 3).rng.integers(0, 2**31) for _ in range(2))
    assert first == second

# SPDX-License-Identifier: Apache-2.0
"""The kernels of AWS's tutorials compute what they should; their rows are read and predicted."""

import numpy as np
import pytest
from trainyard.validate.command import data
from trainyard.validate.families import tutorials
from trainyard.validate.laboratory import Laboratory
from trainyard.validate.measurements import Row


@pytest.fixture(scope="module")
def lab():
    return Laboratory([], data("kernels"))


@pytest.mark.parametrize("step", ["tiled", "hoisted", "blocked_free", "blocked"])
def test_a_matmul_step_multiplies(lab, step):
    random = np.random.default_rng(7)
    lhs_t = random.integers(-4, 5, (256, 512)).astype(np.float32)
    rhs = random.integers(-4, 5, (256, 1024)).astype(np.float32)
    kernel = lab.kernel("matmul_steps", step)
    more = {"block_m": 2, "block_k": 2} if step == "blocked" else {}
    assert np.array_equal(kernel(lhs_t, rhs, **more), lhs_t.T @ rhs)


@pytest.mark.parametrize("step", ["v1", "v2", "v3"])
def test_a_mamba_step_scans(lab, step):
    random = np.random.default_rng(7)
    delta, u = random.random((2, 1, 128, 1024), dtype=np.float32)
    a = -random.random((128, 2), dtype=np.float32)
    b, c = random.random((2, 1, 2, 1024), dtype=np.float32)
    expected = np.zeros(delta.shape)
    for s in range(2):
        scan = np.zeros(128)
        for t in range(1024):
            dt = delta[0, :, t]
            scan = np.exp(dt * a[:, s]) * scan + dt * u[0, :, t] * b[0, s, t]
            expected[0, :, t] += scan * c[0, s, t]
    told = lab.kernel("mamba", step)(delta, u, a, b, c)
    assert np.allclose(told, expected, rtol=1e-4)


def row(what, config, metric, unit, hardware="trn2, 1 NeuronCore-v3 (LNC1)"):
    return Row("x", "kernel", hardware, what, config, metric, 1.0, unit, "", "")


def test_a_step_of_other_sizes_is_predicted(lab):
    asked = row("kernel-optimization tutorial, version v3", "fp32 matmul M=256 K=512 N=1024",
                "total_time", "us")
    assert tutorials.knows(asked)
    # 2 x 4 x 2 products of 512 columns, four cycles each, at the clock's half or full rate.
    least = 16 * 2048 / 2.4e3
    assert least + 15 < tutorials.predict(asked, lab) < 2 * least + 30


def test_a_mamba_row_says_channels_and_length_in_either_order(lab):
    for config in ("v1, batch1 channels128 state2 seq256", "v1, 128 channels, state 2, seq=256"):
        told = tutorials.predict(row("fused mamba tutorial", config, "vector_active", "us", "trn1"),
                                 lab)
        # Of 256 columns: delta times u once, 2 cycles an element; for each state a scan and a sum
        # of 2 cycles, and two products with an operand in PSUM, of 1; a row of zeros, four of ones
        # for broadcasts, and their overheads.
        assert told == pytest.approx((256 * (2 + 2 * (2 + 2 + 1 + 1)) + 256 + 4 * 128) / 1120,
                                     rel=0.1)

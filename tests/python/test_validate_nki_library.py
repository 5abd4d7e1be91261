# SPDX-License-Identifier: Apache-2.0
"""Rows of nki-library's expected times: how they are read, which case they mean, that it runs.

TRAINYARD_PUBLIC_CHECKOUTS names a folder with nki-library.
"""

import os
from enum import Enum
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from trainyard.validate import cases, suite
from trainyard.validate.command import data
from trainyard.validate.families import nki_library
from trainyard.validate.family import NotModelled
from trainyard.validate.laboratory import Laboratory
from trainyard.validate.measurements import Row

CHECKOUTS = os.environ.get("TRAINYARD_PUBLIC_CHECKOUTS")


class Norm(Enum):
    NO_NORM = 0
    RMS_NORM = 1


def test_values_are_read_as_the_suite_writes_them():
    told = cases.parameters("intermediate=ceilalign(896, 128), seqlen=128 // 64, prior=None, "
                            "scale=-1e-06, tp_q=True, norm=Norm.RMS_NORM, gen=gaussian(lnc=2)")
    assert told == {"intermediate": 896, "seqlen": 2, "prior": None, "scale": -1e-6, "tp_q": True,
                    "norm": "Norm.RMS_NORM", "gen": cases.ANYTHING}
    assert cases.parameters("n=ceilalign(130, 128)") == {"n": 256}


@pytest.mark.parametrize("text", ["1 +", "lambda: 1", "1 // 0", "x[2]"])
def test_what_is_no_value_is_said(text):
    with pytest.raises(NotModelled, match="no value is written"):
        cases.value_of(text)


@pytest.mark.parametrize("told,value,alike", [
    ("Norm.RMS_NORM", Norm.RMS_NORM, True), ("RMS_NORM", 1, True), ("RMS_NORM", 0, False),
    ("RMS_NORM", Norm.NO_NORM, False), ("bfloat16", ml_dtypes.bfloat16, True),
    ("float32", np.float32, True), ("bfloat16", np.float32, False), ("bfloat16", "bfloat16", True),
    (None, None, True), (None, 0, False), (0, None, False), (True, 1, True), (2, 2.0, True),
    (1, Norm.RMS_NORM, False), (cases.ANYTHING, object(), True),
])
def test_enums_formats_and_numbers_are_compared(told, value, alike):
    assert cases.same(told, value, (Norm,)) == alike


def test_a_case_is_meant_by_all_its_parameters_but_those_that_are_off_or_say_what_is_expected():
    told = cases.parameters("vnc_degree=2, batch=4, hidden=1024, norm_type=RMS_NORM")
    case = {"b": 4, "h": 1024, "norm_type": 1, "fa": 0, "cyclesQoR": 99, "rtol": 0.02}
    assert cases.means(told, case, (Norm,))
    assert not cases.means(told, case | {"fa": 1}, (Norm,))
    assert not cases.means(told, case | {"b": 5}, (Norm,))
    assert not cases.means(told, case | {"vnc": 1}, (Norm,))
    assert not cases.means(told | {"seqlen": 1}, case, (Norm,))


def test_of_cases_alike_the_one_called_as_the_table_is_taken():
    found = [SimpleNamespace(function=name) for name in ("test_mlp_unit", "test_mlp_swap_unit")]
    assert cases.nearest("mlp_kernel_swap_perms", found).function == "test_mlp_swap_unit"


def row(**changes):
    config = ("seqlen=2, quant_only=True, quant_type=QuantizationType.ROW, lower_bound=0.0, "
              "tensor_gen=gaussian_tensor_generator(), lnc_degree=2, batch=1, hidden=16384")
    fields = dict(id="a", level="kernel", hardware="trn2 (LNC=2)", config=config, value=1.0,
                  what="nki-library rmsnorm_quant: rmsnorm_quant_lnc", unit="us", source="",
                  metric="TpbSgCyclesSum_target", notes="")
    return Row(**fields | changes)


def test_rows_need_the_checkout_and_a_metric_that_is_known():
    lab = Laboratory([], data("kernels"))
    assert nki_library.knows(row()) and not nki_library.knows(row(what="rmsnorm_quant"))
    with pytest.raises(NotModelled, match="needs --checkout with nki-library"):
        nki_library.predict(row(), lab)
    with pytest.raises(NotModelled, match="no reading of MFU"):
        nki_library.predict(row(metric="MFU"), lab)


@pytest.mark.skipif(not CHECKOUTS, reason="TRAINYARD_PUBLIC_CHECKOUTS names no public checkouts")
def test_a_case_runs_for_its_time_and_one_that_is_not_there_is_said():
    pytest.importorskip("torch")
    lab = Laboratory([os.path.join(CHECKOUTS, "nki-library")], data("kernels"))
    time_us = nki_library.predict(row(), lab)
    assert 15 < time_us < 500
    assert nki_library.predict(row(unit="ms"), lab) == pytest.approx(time_us / 1e3)
    with pytest.raises(NotModelled, match="no such case in rmsnorm_quant_lnc"):
        nki_library.predict(row(config=row().config.replace("16384", "16385")), lab)
    with pytest.raises(NotModelled, match="has no test_nothing.py"):
        suite.collect(lab.checkout("nki-library"), "nothing")

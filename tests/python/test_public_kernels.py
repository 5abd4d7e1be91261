# SPDX-License-Identifier: Apache-2.0
"""Public kernels from the user's checkouts: small cases of the runners in tests/public.

TRAINYARD_PUBLIC_CHECKOUTS names a folder with aws-neuron-sdk, nki-samples and nki-library.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUTS = os.environ.get("TRAINYARD_PUBLIC_CHECKOUTS")
RUNNERS = Path(__file__).resolve().parents[1] / "public"

pytestmark = pytest.mark.skipif(
    not CHECKOUTS, reason="TRAINYARD_PUBLIC_CHECKOUTS names no folder with public checkouts")


def checkout(name):
    folder = Path(CHECKOUTS) / name
    if not folder.is_dir():
        pytest.skip(f"{folder} does not exist")
    return folder


def run(runner, machine, *arguments):
    pytest.importorskip("torch", reason="the references are PyTorch code")
    return subprocess.run(
        [sys.executable, "-m", "trainyard.run", "--machine", machine, str(RUNNERS / runner),
         *map(str, arguments)], capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("machine", ["trn1", "trn2", "trn3"])
@pytest.mark.parametrize("runner, name", [("docs_examples.py", "aws-neuron-sdk"),
                                          ("docs_api.py", "aws-neuron-sdk"),
                                          ("nki_samples.py", "nki-samples")])
def test_the_kernels_of_a_checkout_agree_with_their_references(runner, name, machine):
    finished = run(runner, machine, checkout(name), "--small")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"^[1-9]\d* passed, 0 failed", finished.stdout, re.M), finished.stdout


@pytest.mark.parametrize("machine", ["trn2", "trn3"])
def test_a_kernel_of_nki_library_agrees_with_its_reference(machine):
    finished = run("nki_library.py", machine, checkout("nki-library"), "--platform", machine,
                   "core/utils/test_cross_partition_copy.py")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"\b[1-9]\d* passed", finished.stdout), finished.stdout

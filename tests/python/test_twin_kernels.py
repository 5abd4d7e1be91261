# SPDX-License-Identifier: Apache-2.0
"""One kernel in C++ and in NKI records the same Program: examples/scaled_matmul."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "scaled_matmul" / "scaled_matmul.py"
# Built by `make test-cpp`, which `make test` runs first.
IN_CPP = Path(os.environ.get("TRAINYARD_CPP_EXAMPLE", ROOT / "build/release/bin/scaled_matmul"))


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=120, check=True).stdout


def run_in_python(script, machine, folder):
    """What the script printed, and the JSON of its one kernel call."""
    file = folder / "run.json"
    printed = run(sys.executable, "-m", "trainyard.run", "--machine", machine, "--json", file,
                  script)
    (kernel,) = json.loads(file.read_text(encoding="utf-8"))["kernels"]
    return printed, kernel


@pytest.mark.parametrize("machine", ["trn1", "trn2", "trn3"])
def test_the_kernel_in_cpp_and_in_python_records_the_same_program(machine, tmp_path):
    if not IN_CPP.exists():
        pytest.skip(f"{IN_CPP} is not built; make test-cpp builds it")
    told = re.fullmatch(rf"{machine}: (\d+) instructions, ([0-9.]+) us, program ([0-9a-f]{{16}}), "
                        r"(out\[1\]\[0\] = 1\.5)\n", run(IN_CPP, machine))
    instructions, time_us, program_hash, value = told.groups()
    printed, result = run_in_python(EXAMPLE, machine, tmp_path)
    assert result["instructions"] == int(instructions)
    assert result["program_hash"] == program_hash
    assert f"{result['time_us']:.1f}" == time_us
    assert value in printed


def test_another_kernel_has_another_hash(tmp_path):
    other = tmp_path / "other.py"
    other.write_text(EXAMPLE.read_text(encoding="utf-8").replace("SCALE = 0.125", "SCALE = 0.25"),
                     encoding="utf-8")
    hashes = {run_in_python(script, "trn3", tmp_path)[1]["program_hash"]
              for script in (EXAMPLE, other)}
    assert len(hashes) == 2

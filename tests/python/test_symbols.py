# SPDX-License-Identifier: Apache-2.0
"""Every public name is there: those of the reference, and those that only kernels and tests use.

TRAINYARD_PUBLIC_CHECKOUTS names a folder with aws-neuron-sdk, whose stubs are the reference.
"""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trainyard import alias

alias.install()

CHECKOUTS = os.environ.get("TRAINYARD_PUBLIC_CHECKOUTS")
SYMBOLS = Path(__file__).resolve().parents[1] / "public" / "symbols.py"

# No documentation lists these; nki-library, its tests or the samples need them.
UNDOCUMENTED = """
nki.builtin nki.compiler nki.compiler.frontend nki.compiler.ncc_driver nki.cpu_simulate nki.dtype
nki.dtype.float8_e4m3 nki.isa.constants.dge_mode.hwdge nki.isa.constants.dge_mode.none
nki.isa.constants.dge_mode.swdge nki.isa.constants.dge_mode.unknown
nki.isa.constants.matmul_perf_mode.double_row nki.isa.constants.oob_mode.error
nki.isa.constants.oob_mode.skip nki.language.bool nki.language.dtypes nki.language.float8e4
nki.language.float8e5 nki.language.range nki.tensor.NkiTensor nki.typing.mutable_tensor
nki.typing.tensor neuron_dtypes.bfloat16 neuron_dtypes.finfo neuron_dtypes.float4_e2m1fn_x4
neuron_dtypes.float8_e4m3 neuron_dtypes.float8_e4m3fn neuron_dtypes.float8_e4m3fn_x4
neuron_dtypes.float8_e5m2 neuron_dtypes.float8_e5m2_x4 neuron_dtypes.is_float_type
neuron_dtypes.sizeinbytes neuron_dtypes.static_cast
""".split()


def meaning(path):
    parts, value = path.split("."), None
    for i, name in enumerate(parts):
        try:
            value = importlib.import_module(".".join(parts[:i + 1]))
        except ImportError:
            value = getattr(value, name)
    return value


@pytest.mark.parametrize("name", UNDOCUMENTED)
def test_an_undocumented_name_means_something(name):
    meaning(name)


@pytest.mark.skipif(not CHECKOUTS or not (Path(CHECKOUTS) / "aws-neuron-sdk").is_dir(),
                    reason="TRAINYARD_PUBLIC_CHECKOUTS names no folder with aws-neuron-sdk")
def test_every_symbol_of_the_reference_is_here_with_its_parameters(tmp_path):
    counts = tmp_path / "counts.md"
    finished = subprocess.run(
        [sys.executable, str(SYMBOLS), str(Path(CHECKOUTS) / "aws-neuron-sdk"), "--markdown",
         str(counts)], capture_output=True, text=True, timeout=300, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    *_, different, missing = counts.read_text(encoding="utf-8").splitlines()[-1].split("|")[1:-1]
    assert (int(different), int(missing)) == (0, 0)

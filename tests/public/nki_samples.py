# SPDX-License-Identifier: Apache-2.0
"""Runs a checkout's MX matmul tutorial, whose own script compares with its own reference.

    trainyard run tests/public/nki_samples.py FOLDER

FOLDER holds mx_toplevel.py (nki-samples or the MX deep dive). PyTorch's CPU stands in for its
accelerator; everything else is the checkout's own.
"""

import os
import runpy
import sys
import tempfile
import types
from pathlib import Path

import torch


def main():
    folder = Path(sys.argv[1]).resolve()
    stand_in = types.ModuleType("torch_xla")
    stand_in.device = lambda: torch.device("cpu")
    sys.modules["torch_xla"] = stand_in
    sys.path.insert(0, str(folder))
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        runpy.run_path(str(folder / "mx_toplevel.py"), run_name="__main__")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""NKI 0.6 on the simulated core."""

import os

from trainyard import _core
from trainyard.nki.launch import Kernel, jit, simulate  # noqa: F401
from trainyard.nki import dtype, isa, language, tensor, typing  # noqa: F401,E402

cpu_simulate = simulate
_core.add_own_directory(os.path.dirname(os.path.abspath(__file__)))

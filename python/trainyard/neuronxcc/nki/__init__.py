# SPDX-License-Identifier: Apache-2.0
"""neuronxcc.nki, the language up to SDK 2.26, on the simulated core."""

from trainyard.neuronxcc.nki.kernel import (  # noqa: F401
    baremetal, benchmark, jit, profile, simulate_kernel, trace)
from trainyard.neuronxcc.nki import compiler, isa, language, typing  # noqa: F401,E402
from trainyard.neuronxcc.nki.tile import Tile as tensor  # noqa: F401

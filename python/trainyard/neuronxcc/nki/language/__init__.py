# SPDX-License-Identifier: Apache-2.0
"""neuronxcc.nki.language"""

from trainyard.neuronxcc.nki.emit import load, store  # noqa: F401
from trainyard.neuronxcc.nki.index import arange, mgrid  # noqa: F401
from trainyard.neuronxcc.nki.language.elements import *  # noqa: F401,F403
from trainyard.neuronxcc.nki.language.memory import *  # noqa: F401,F403
from trainyard.neuronxcc.nki.language.totals import all_reduce, loop_reduce  # noqa: F401
from trainyard.neuronxcc.nki.language.whole import *  # noqa: F401,F403
from trainyard.neuronxcc.nki.loops import (  # noqa: F401
    affine_range, sequential_range, static_range)
from trainyard.neuronxcc.nki.programs import (  # noqa: F401
    nc, num_programs, program_id, program_ndim, spmd_dim)
from trainyard.nki.dtype import *  # noqa: F401,F403
from trainyard.nki.dtype import bool_  # noqa: F401
from trainyard.nki.language.loops import ds, no_reorder  # noqa: F401
from trainyard.nki.language.memory import (  # noqa: F401
    hbm, private_hbm, psum, sbuf, shared_hbm, tile_size)


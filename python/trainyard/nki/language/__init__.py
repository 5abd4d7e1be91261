# SPDX-License-Identifier: Apache-2.0
"""nki.language"""

from trainyard._core import Tensor as NkiTensor  # noqa: F401
from trainyard.nki.dtype import *  # noqa: F401,F403
from trainyard.nki.dtype import DType, bool_  # noqa: F401
from trainyard.nki.language.loops import *  # noqa: F401,F403
from trainyard.nki.language.memory import *  # noqa: F401,F403
from trainyard.nki.language.objects import NKIObject  # noqa: F401
from trainyard.nki.language.reduce import *  # noqa: F401,F403
from trainyard.nki.language.tiles import *  # noqa: F401,F403

bool = bool_

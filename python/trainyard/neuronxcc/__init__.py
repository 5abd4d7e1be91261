# SPDX-License-Identifier: Apache-2.0
"""The earlier generation of the language, up to SDK 2.26, over the same core."""

import os

from trainyard import _core

_core.add_own_directory(os.path.dirname(os.path.abspath(__file__)))

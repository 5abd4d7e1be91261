# SPDX-License-Identifier: Apache-2.0
"""The tensor type."""

from trainyard._core import Tensor as NkiTensor  # noqa: F401

# SPDX-License-Identifier: Apache-2.0
"""Annotations of kernel arguments. They mean nothing here."""

from trainyard.nki.typing import mutable_tensor, tensor  # noqa: F401

mutable = immutable = lambda kind: kind

# SPDX-License-Identifier: Apache-2.0
"""Data types as nki-library tests import them."""

from trainyard.neuron_dtypes import static_cast  # noqa: F401

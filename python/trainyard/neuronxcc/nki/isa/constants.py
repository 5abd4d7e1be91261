# SPDX-License-Identifier: Apache-2.0
"""The enums of nki.isa again."""

from trainyard.nki.isa.constants import (  # noqa: F401
    dge_mode, dma_engine, engine, nc_version, oob_mode, reduce_cmd)

# SPDX-License-Identifier: Apache-2.0
"""The earlier generation of the language, up to SDK 2.26, over the same core."""

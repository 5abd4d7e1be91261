# SPDX-License-Identifier: Apache-2.0
"""Names of the compiler that scripts import; there is nothing to compile."""

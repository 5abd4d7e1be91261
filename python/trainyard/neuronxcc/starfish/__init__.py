# SPDX-License-Identifier: Apache-2.0
"""What public tests import from the compiler package beside `neuronxcc.nki`."""

# SPDX-License-Identifier: Apache-2.0
"""What every nki.isa instruction computes, read from AWS's documents with NumPy and ml_dtypes.

Written without looking at src/isa or src/numerics: the tests compare two readings of one text.
Functions take and give arrays of shape (partitions, elements); `dtype` arguments are names.
"""

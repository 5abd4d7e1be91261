# SPDX-License-Identifier: Apache-2.0
"""One module a family of measurements of clusters; validate/family.py says what each has."""

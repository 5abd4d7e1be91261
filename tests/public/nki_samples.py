# SPDX-License-Identifier: Apache-2.0
"""Runs the kernels of nki-samples that import `nki` and compares them with their references.

    trainyard run [--machine trn3] tests/public/nki_samples.py CHECKOUT [--markdown FILE]

CHECKOUT: nki-samples. These are the MX matmul tutorial and the matrix multiplications; both pass
`dtype=` to tensor_copy, which NKI 0.2 ignored and later ones refuse, so NKI_IGNORE_UNKNOWN_KEYWORDS
is set for them.
"""

import sys

from docs_examples import matmul_cases
from mx_tutorial import mx_cases
from suite import main


def cases(options):
    tutorials = options.checkout / "src/nki_samples/tutorials"
    yield from mx_cases("samples", tutorials / "mxfp-matmul", older_keywords=True)
    yield from matmul_cases(
        "samples", tutorials / "matrix_multiplication/matrix_multiplication_nki_kernels.py",
        options.small, older_keywords=True)


if __name__ == "__main__":
    sys.exit(main("nki-samples", __doc__.splitlines()[0], cases))

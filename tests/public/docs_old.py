# SPDX-License-Identifier: Apache-2.0
"""Runs the documentation's tests of the earlier language (neuronxcc.nki), unmodified.

    trainyard run [--machine trn2] tests/public/docs_old.py CHECKOUT [--markdown FILE]

CHECKOUT: aws-neuron-sdk (or its folder nki, or a folder of such tests). A case is file.method.
"""

import contextlib
import functools
import io
import sys
import unittest

from suite import Case, main, module


def folder(root):
    for inside in ("nki/test", "test"):
        if (root / inside).is_dir():
            return root / inside
    return root


def run(test):
    """The test's own failure, not unittest's account of it."""
    test.setUp()
    method = getattr(test, test._testMethodName)
    marks = {mark.name for mark in getattr(method, "pytestmark", ())}
    with contextlib.suppress(Exception) if "xfail" in marks else contextlib.nullcontext():
        method()


def fail(error):
    raise error


def cases(options):
    for path in sorted(folder(options.checkout).glob("test_*.py")):
        stem = path.stem.removeprefix("test_nki_").removeprefix("test_")
        if options.only and options.only not in stem and not options.only.startswith(stem):
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                tests = unittest.defaultTestLoader.loadTestsFromModule(module(path))
        except Exception as error:  # a few run a test while they are imported
            yield Case(f"{stem}.import", functools.partial(fail, error))
            continue
        for group in tests:
            for test in group:
                yield Case(f"{stem}.{test._testMethodName}", functools.partial(run, test))


if __name__ == "__main__":
    sys.exit(main("docs-old", __doc__.splitlines()[0], cases))

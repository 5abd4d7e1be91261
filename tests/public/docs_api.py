# SPDX-License-Identifier: Apache-2.0
"""Runs the self-checking examples in the docstrings of nki.language and nki.isa.

    trainyard run [--machine trn3] tests/public/docs_api.py CHECKOUT [--markdown FILE]

CHECKOUT: aws-neuron-sdk (or its folder nki). An example checks itself by `assert`; a case is
module.function#n, the n-th code block of the docstring.
"""

import ast
import functools
import re
import sys
import textwrap

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from suite import Case, main

BLOCK = re.compile(r"\.\. code-block::( python)?\n\n((?:[ \t]+.*\n|[ \t]*\n)+)")


def examples(path):
    """(function#n, code) of each Python example that asserts."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            text = (ast.get_docstring(node) or "") + "\n"
            for number, match in enumerate(BLOCK.finditer(text), 1):
                code = textwrap.dedent(match.group(2))
                if match.group(1) and re.search(r"^\s*assert ", code, re.M):
                    yield f"{node.name}#{number}", code


def scope():
    return {"nl": nl, "nisa": nisa, "nki": nki, "np": np}


def run(key, code):
    names = scope()

    @nki.jit
    def example():
        exec(compile(code, f"<{key}>", "exec"), names)

    example()


def run_identity(key, code):
    """The block compares with a kernel input and stores into a second one."""
    expected, actual = np.eye(128, dtype=np.float32), np.zeros((128, 128), np.float32)

    @nki.jit
    def example(expected_tensor, actual_tensor):
        names = scope() | {"expected_tensor": expected_tensor, "actual_tensor": actual_tensor}
        exec(compile(code, f"<{key}>", "exec"), names)

    example(expected, actual)
    np.testing.assert_array_equal(actual, expected)


def run_nonzero(key, code):
    """The block is a kernel; its docstring says which values and partitions it writes."""
    names = scope()
    exec(compile(code, f"<{key}>", "exec"), names)
    x = np.random.default_rng(5).integers(0, 3, (128, 40)).astype(np.float32)
    result = nki.jit(names["nonzero_with_count_kernel"])(x)
    for row in range(0, 128, 16):
        found = np.flatnonzero(x[row])
        expected = np.full(41, -1)
        expected[:len(found)], expected[-1] = found, len(found)
        np.testing.assert_array_equal(result[row], expected)


SPECIAL = {"api:isa.nonzero_with_count#3": (run_nonzero, "gen3"),
           "api:language.shared_identity_matrix#1": (run_identity, "gen2")}
SPECIAL |= {f"api:language.{name}#{n}": (run, "gen4")
            for name in ("abs_max", "abs_min") for n in (1, 2)}


def cases(options):
    root = options.checkout
    api = root / "nki/api/nki" if (root / "nki/api/nki").is_dir() else root / "api/nki"
    for part in ("isa", "language"):
        for name, code in examples(api / part / "__init__.py"):
            key = f"api:{part}.{name}"
            check, needs = SPECIAL.get(key, (run, "gen2"))
            yield Case(key, functools.partial(check, key, code), needs)


if __name__ == "__main__":
    sys.exit(main("docs-api", __doc__.splitlines()[0], cases))

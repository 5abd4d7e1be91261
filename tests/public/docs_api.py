# SPDX-License-Identifier: Apache-2.0
"""Runs the self-checking examples in the docstrings of a checkout's nki/api stubs.

    trainyard run tests/public/docs_api.py CHECKOUT

CHECKOUT holds api/nki (or nki/api/nki). A block counts if it asserts something. Names that a block
does not define (inputs such as expected_tensor) make it incomplete; those are listed apart.
"""

import ast
import re
import sys
import textwrap
import traceback
from pathlib import Path

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np

BLOCK = re.compile(r"\.\. code-block:: python\n\n((?:[ \t]+.*\n|[ \t]*\n)+)")


def blocks(path):
    """(function, code) of each example that asserts."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            for match in BLOCK.finditer((ast.get_docstring(node) or "") + "\n"):
                code = textwrap.dedent(match.group(1))
                if re.search(r"^\s*assert ", code, re.M):
                    yield node.name, code


def run(name, code):
    scope = {"nl": nl, "nisa": nisa, "nki": nki, "np": np}

    def example():
        exec(compile(code, f"<{name}>", "exec"), scope)

    try:
        nki.jit(example)()
    except NameError as error:
        return f"incomplete: {error}"
    except Exception as error:
        return "FAILED: " + traceback.format_exception_only(error)[-1].strip()
    return "passed"


def main():
    root = Path(sys.argv[1])
    api = next(p for p in (root / "api/nki", root / "nki/api/nki") if p.is_dir())
    failed = 0
    for path in (api / "language/__init__.py", api / "isa/__init__.py"):
        for name, code in blocks(path):
            outcome = run(name, code)
            failed += outcome.startswith("FAILED")
            print(f"{path.parent.name}.{name}: {outcome}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

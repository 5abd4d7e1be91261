# SPDX-License-Identifier: Apache-2.0
"""The README's tables of errors are what `trainyard validate --markdown` prints.

    python tests/readme/test_validate_table.py     writes them
"""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
TABLE = re.compile(r"(<!-- validate( --scale)?: ([\w -]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
PROGRAM = "import sys; from trainyard.validate import main; sys.exit(main(sys.argv[1:]))"


def printed(scale, families):
    words = [word for family in families.split() for word in ("--family", family)]
    words += [scale.strip()] if scale else []
    return subprocess.run([sys.executable, "-c", PROGRAM, "--markdown", *words], check=True,
                          capture_output=True, text=True).stdout


def test_the_readme_has_the_errors_that_validate_prints():
    found = list(TABLE.finditer(README.read_text()))
    assert len(found) == 2
    for table in found:
        assert table.group(4) == printed(table.group(2), table.group(3))


if __name__ == "__main__":
    text = README.read_text()
    README.write_text(TABLE.sub(
        lambda m: m.group(1) + printed(m.group(2), m.group(3)) + m.group(5), text))

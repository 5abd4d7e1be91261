# SPDX-License-Identifier: Apache-2.0
"""The README's table of errors is what `trainyard validate --markdown` prints.

    python tests/readme/test_validate_table.py     writes it
"""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
TABLE = re.compile(r"(<!-- validate: ([\w ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
PROGRAM = "import sys; from trainyard.validate import main; sys.exit(main(sys.argv[1:]))"


def printed(families):
    words = [word for family in families.split() for word in ("--family", family)]
    return subprocess.run([sys.executable, "-c", PROGRAM, "--markdown", *words], check=True,
                          capture_output=True, text=True).stdout


def test_the_readme_has_the_errors_that_validate_prints():
    found = TABLE.search(README.read_text())
    assert found.group(3) == printed(found.group(2))


if __name__ == "__main__":
    text = README.read_text()
    README.write_text(TABLE.sub(lambda m: m.group(1) + printed(m.group(2)) + m.group(4), text))

# SPDX-License-Identifier: Apache-2.0
"""Every wrong program is told the rule, the operand, its own file and line, and the way out."""

import pytest
import wrong_programs
from run_script import run_script

ALL = [(name, machine, status, words, wrong_programs.script_of(body))
       for name, machine, status, words, body in wrong_programs.CASES] + wrong_programs.SCRIPTS


def write(folder, text):
    script = folder / "wrong.py"
    script.write_text(text, encoding="utf-8")
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.endswith("# here")]
    return script, lines[0] if lines else None


@pytest.mark.parametrize("name, machine, status, words, text", ALL, ids=[c[0] for c in ALL])
def test_is_told_what_is_wrong(name, machine, status, words, text, tmp_path):
    script, line = write(tmp_path, text)
    done = run_script("--machine", machine, script)
    told = done.stderr
    assert done.returncode == status, told
    assert f"{script}:{line}" in told or f'{script}", line {line}' in told, told
    for word in words:
        assert word in told, f"{word!r} is missing in\n{told}"
    assert "/trainyard/" not in told and "trainyard._core" not in told, f"internals:\n{told}"


def test_there_are_at_least_40():
    assert len(ALL) >= 40


@pytest.mark.parametrize("words, body", [case[1:] for case in wrong_programs.WARNINGS],
                         ids=[case[0] for case in wrong_programs.WARNINGS])
def test_is_warned(words, body, tmp_path):
    script, line = write(tmp_path, wrong_programs.script_of(body))
    done = run_script(script)
    assert done.returncode == 0, done.stderr
    (warning,) = [text for text in done.stderr.splitlines() if text.startswith("warning")]
    for word in [f"wrong.py:{line}", *words]:
        assert word in warning


@pytest.mark.parametrize("body", [case[1] for case in wrong_programs.NO_WARNINGS],
                         ids=[case[0] for case in wrong_programs.NO_WARNINGS])
def test_is_not_warned(body, tmp_path):
    script, _ = write(tmp_path, wrong_programs.script_of(body))
    done = run_script(script)
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr


def test_verbose_shows_the_internals(tmp_path):
    script, _ = write(tmp_path, wrong_programs.script_of("t = sbuf((129, 4))"))
    assert "/trainyard/" in run_script("-v", script).stderr

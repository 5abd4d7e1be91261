# SPDX-License-Identifier: Apache-2.0
"""Every wrong program is told the rule, the operand, its own file and line, and the way out."""

import subprocess
import sys

import pytest
import wrong_programs

ALL = [(name, machine, status, words, wrong_programs.script_of(body))
       for name, machine, status, words, body in wrong_programs.CASES] + wrong_programs.SCRIPTS


def run(script, machine, *options):
    return subprocess.run(
        [sys.executable, "-m", "trainyard.run", *options, "--machine", machine, str(script)],
        capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("name, machine, status, words, text", ALL, ids=[c[0] for c in ALL])
def test_is_told_what_is_wrong(name, machine, status, words, text, tmp_path):
    script = tmp_path / "wrong.py"
    script.write_text(text, encoding="utf-8")
    (line,) = [n for n, content in enumerate(text.splitlines(), 1) if content.endswith("# here")]
    done = run(script, machine)
    told = done.stderr
    assert done.returncode == status, told
    assert f"{script}:{line}" in told or f'{script}", line {line}' in told, told
    for word in words:
        assert word in told, f"{word!r} is missing in\n{told}"
    assert "/trainyard/" not in told, f"internals shown without -v:\n{told}"


def test_there_are_at_least_40():
    assert len(ALL) >= 40


def test_an_unwritten_read_is_reported_with_its_line(tmp_path):
    body = "t = sbuf((128, 512))\n    nisa.tensor_copy(dst=sa, src=t, name='x')  # here"
    script = tmp_path / "unwritten.py"
    script.write_text(wrong_programs.script_of(body), encoding="utf-8")
    line = script.read_text(encoding="utf-8").splitlines().index(
        "    nisa.tensor_copy(dst=sa, src=t, name='x')  # here") + 1
    done = run(script, "trn3")
    assert done.returncode == 0, done.stderr
    assert f"unwritten.py:{line}" in done.stderr and "never written" in done.stderr


def test_verbose_shows_the_internals(tmp_path):
    script = tmp_path / "wrong.py"
    script.write_text(wrong_programs.script_of("t = sbuf((129, 4))"), encoding="utf-8")
    assert "/trainyard/" in run(script, "trn3", "-v").stderr


@pytest.mark.parametrize("arguments", [
    ["--machine", "trn9", "x.py"], ["--machin", "trn3", "x.py"], ["missing.py"],
    ["--numerics", "approximate", "x.py"], []])
def test_a_wrong_command_line_ends_with_2(arguments, tmp_path):
    (tmp_path / "x.py").write_text("", encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "trainyard.run", *arguments], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr

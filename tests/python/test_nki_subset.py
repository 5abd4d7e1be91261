# SPDX-License-Identifier: Apache-2.0
"""The Python that NKI's compiler refuses inside of a kernel is refused (docs/nki.md)."""

import subprocess
import sys

import neuronxcc.nki as old_nki
import neuronxcc.nki.language as old_nl
import numpy as np
import pytest
from trainyard import _core

PROLOGUE = """\
import numpy as np
import nki
import nki.isa as nisa
import nki.language as nl
from enum import Enum


{before}
@nki.jit
def kernel(a{parameters}):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    tile = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=a)
    {body}
    nisa.dma_copy(dst=out, src=tile)
    return out


kernel(np.ones((128, 64), dtype=np.float32))
print("ran")
"""

# (name, words of the message, body, before, parameters); the refused line ends in `# here`.
REFUSED = [
    ("try", ["try", "Control Flow"], "try:  # here\n        x = 1\n    finally:\n        x = 2",
     "", ""),
    ("with another block", ["with memoryview(b)", "no_reorder"],
     "b = bytearray_of_two\n    with memoryview(b):  # here\n        pass",
     "bytearray_of_two = bytearray(2)", ""),
    ("match", ["match", "Control Flow"], "match 1:  # here\n        case 1:\n            pass",
     "", ""),
    ("a set", ["a set", "NKI Values"], "x = {1, 2}  # here", "", ""),
    ("a set comprehension", ["a set", "NKI Values"], "x = {i for i in range(3)}  # here", "", ""),
    ("set()", ["set()", "NKI Values"], "x = set([1])  # here", "", ""),
    ("a complex number", ["2j", "NKI Values"], "x = 2j  # here", "", ""),
    ("bytes", ["b'ab'", "NKI Values"], "x = b'ab'  # here", "", ""),
    ("a dictionary with numbers as keys", ["key 1", "keys are strings"], "x = {1: 2}  # here",
     "", ""),
    ("a plain class", ["class C", "NKIObject"], "class C:  # here\n        pass", "", ""),
    ("a class with two bases", ["class C", "NKIObject"],
     "class C(nl.NKIObject, Enum):  # here\n        pass", "", ""),
    ("global", ["global", "pure"], "global count  # here\n    count = 1", "", ""),
    ("the separator *", ["separator *", "0.2.0 to 0.3.0"], "pass", "", ", *, flag=True"),
    ("a generator among the functions it calls", ["yield", "helper"], "helper()",
     "def helper():\n    yield 1  # here\n\n\n", ""),
    ("a decision by a loop register", ["i", "dynamic loop"],
     "for i in nl.dynamic_range(2):\n        if i == 0:  # here\n            pass", "", ""),
    ("a decision by the register of a loop's body", ["i", "dynamic loop"],
     "def body(i):\n        x = 1 if i > 0 else 2  # here\n    nl.fori_loop(0, 2, body)", "", ""),
    ("a value of a loop's body", ["fori_loop", "migrated loops"],
     "def body(i):\n        return i  # here\n    nl.fori_loop(0, 2, body)", "", ""),
    ("a tensor of a loop's body outside of the loop", ["inner was declared", "outside of it"],
     "kept = []\n    def body(i):\n"
     "        kept.append(nl.ndarray((128, 64), nl.float32, name='inner'))\n"
     "        nisa.memset(kept[-1], 1.0)\n    nl.fori_loop(0, 2, body)\n"
     "    nisa.tensor_copy(dst=tile, src=kept[0])  # here", "", ""),
    ("a tensor of an inner loop's body in the outer one", ["inner was declared", "line 18"],
     "n = nisa.register_alloc(1)\n    def outer(i):\n        kept = []\n        def body(r):\n"
     "            kept.append(nl.ndarray((128, 64), nl.float32, name='inner'))\n"
     "            nisa.memset(kept[0], 1.0)\n            nisa.register_move(r, 0)\n"
     "            return r\n        nl.while_loop(n, body)\n"
     "        nisa.tensor_copy(dst=tile, src=kept[0])  # here\n    nl.fori_loop(0, 2, outer)",
     "", ""),
    ("a result declared in a loop's body", ["declared in the body"],
     "kept = []\n    def body(i):\n"
     "        kept.append(nl.ndarray(a.shape, a.dtype, buffer=nl.shared_hbm))\n"
     "        nisa.dma_copy(dst=kept[-1], src=tile)\n    nl.fori_loop(0, 1, body)\n"
     "    return kept[0]", "", ""),
]

# What public kernels use, and what the documents allow.
TAKEN = [
    ("is", "x = None\n    assert x is None and a is not None", ""),
    ("an f-string, a comprehension, enumerate", "x = [f'{i}' for i, _ in enumerate((4, 5))]", ""),
    ("a closure and recursion", "def inner(n):\n        return n if n == 0 else inner(n - 1)\n"
     "    assert inner(3) == 0", ""),
    ("a chained comparison, while, break", "x = 0\n    while 0 <= x < 9:\n        x += 1\n"
     "        if x == 5:\n            break", ""),
    ("functions of the module", "assert helper() == (2, 'b')",
     "def helper():\n    return dict(a=(2, 'b'))['a']\n\n\n"),
    ("an NKIObject of the kernel", "class C(nl.NKIObject):\n        x: int = 1\n"
     "    assert C().x == 1", ""),
    ("a fixed order", "with nl.no_reorder():\n        nisa.tensor_copy(dst=tile, src=tile)", ""),
    ("a host function with try beside it", "pass",
     "def host():\n    try:\n        return {1}\n    finally:\n        pass\n\n\nhost()\n"),
    ("a loop register as an index, a host number as a condition",
     "n = 2\n    for i in nl.dynamic_range(n):\n        if n == 2:\n"
     "            nisa.tensor_copy(dst=tile[:, nl.ds(i, 1)], src=tile[:, nl.ds(i, 1)])", ""),
    ("a tensor of a loop's body inside of it, and one made after it",
     "def body(i):\n        inner = nl.ndarray((128, 64), nl.float32)\n"
     "        nisa.tensor_copy(dst=inner, src=tile)\n"
     "        nisa.tensor_copy(dst=tile, src=inner)\n    nl.fori_loop(0, 2, body)\n"
     "    after = nl.ndarray((128, 64), nl.float32)\n"
     "    nisa.tensor_copy(dst=after, src=tile)\n    nisa.tensor_copy(dst=tile, src=after)", ""),
    ("a lambda", "f = lambda x: x + 1\n    assert f(1) == 2", ""),
]


def text_of(body, before="", parameters=""):
    return PROLOGUE.format(body=body, before=before, parameters=parameters)


def run(folder, text, *options):
    (folder / "script.py").write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, "-m", "trainyard.run", *options, "script.py"],
                          cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def execute(folder, text):
    file = folder / "script.py"
    file.write_text(text, encoding="utf-8")
    exec(compile(text, str(file), "exec"), {"__name__": "script"})


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    monkeypatch.delenv("TRAINYARD_PERMISSIVE", raising=False)


@pytest.mark.parametrize("name, words, body, before, parameters", REFUSED,
                         ids=[case[0] for case in REFUSED])
def test_is_refused_with_line_and_way_out(tmp_path, name, words, body, before, parameters):
    text = text_of(body, before, parameters)
    with pytest.raises(_core.Fault) as refused:
        execute(tmp_path, text)
    assert refused.value.kind == 1
    lines = [i for i, line in enumerate(text.splitlines(), 1) if line.endswith("# here")]
    if lines:
        assert (refused.value.file, refused.value.line) == (str(tmp_path / "script.py"), lines[0])
    for word in [*words, "--permissive"]:
        assert word in str(refused.value)


def test_permissive_runs_it(tmp_path, monkeypatch, capsys):
    text = text_of("x = {1, 2}")
    assert run(tmp_path, text).returncode == 1
    assert run(tmp_path, text, "--permissive").stdout == "ran\n"
    monkeypatch.setenv("TRAINYARD_PERMISSIVE", "1")
    execute(tmp_path, text)
    assert capsys.readouterr().out == "ran\n"


@pytest.mark.parametrize("name, body, before", TAKEN, ids=[case[0] for case in TAKEN])
def test_is_taken(tmp_path, name, body, before, capsys):
    execute(tmp_path, text_of(body, before))
    assert capsys.readouterr().out == "ran\n"


def test_kernels_of_the_earlier_language_had_other_rules():
    @old_nki.jit
    def kernel(a):
        out = old_nl.ndarray(a.shape, dtype=a.dtype, buffer=old_nl.shared_hbm)
        assert {1, 2}
        old_nl.store(out, old_nl.load(a))
        return out

    assert kernel(np.ones((128, 64), dtype=np.float32)).sum() == 128 * 64


@pytest.mark.parametrize("options, passed", [((), False), (("--trainyard-permissive",), True)])
def test_a_test_suite_may_be_permissive(tmp_path, options, passed):
    text = text_of("x = {1, 2}").replace('kernel(np.ones((128, 64), dtype=np.float32))\n', "")
    (tmp_path / "test_it.py").write_text(text.replace('print("ran")', (
        "def test_it():\n    kernel(np.ones((128, 64), dtype=np.float32))")), encoding="utf-8")
    ran = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p",
                          "trainyard.pytest_plugin", "--trainyard", *options, "test_it.py"],
                         cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode == 0) is passed, ran.stdout + ran.stderr

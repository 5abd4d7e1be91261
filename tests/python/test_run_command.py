# SPDX-License-Identifier: Apache-2.0
"""`trainyard run`: its options, files, exit status and what it prints where."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

BESIDE = Path(sys.executable).parent / "trainyard"
COMMAND = [str(BESIDE), "run"] if BESIDE.exists() else [sys.executable, "-m", "trainyard.run"]

KERNELS = """\
import sys
import numpy as np
import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def double(a):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    tile = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=a)
    nisa.tensor_scalar(dst=tile, data=tile, op0=nl.multiply, operand0=2.0)
    nisa.dma_copy(dst=out, src=tile)
    return out


@nki.jit
def product(a, b):
    out = nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.shared_hbm)
    sa, sb = (nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.sbuf) for _ in range(2))
    ps = nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.psum)
    nisa.dma_copy(dst=sa, src=a)
    nisa.dma_copy(dst=sb, src=b)
    nisa.nc_matmul(dst=ps, stationary=sa, moving=sb)
    nisa.tensor_copy(dst=sa, src=ps)
    nisa.dma_copy(dst=out, src=sa)
    return out


a = np.arange(128 * 128, dtype=np.float32).reshape(128, 128)
"""


def run(folder, *arguments, **more):
    return subprocess.run([*COMMAND, *map(str, arguments)], cwd=folder, capture_output=True,
                          text=True, timeout=120, check=False, **more)


@pytest.fixture
def script(tmp_path):
    def write(text, name="script.py"):
        (tmp_path / name).write_text(KERNELS + text, encoding="utf-8")
        return name
    write.folder = tmp_path
    return write


def test_the_summary_of_each_run_goes_to_stderr_and_stdout_is_the_scripts(script):
    name = script("assert (double(a) == 2 * a).all()\ndouble(a)\nprint('mine')\n")
    done = run(script.folder, name)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "mine\n"
    assert done.stderr.count("double on trn3 (gen4, one NeuronCore): ") == 2


def test_options_after_the_script_belong_to_the_script(script):
    name = script("print(sys.argv, __name__, __file__)\n")
    words = ["--json", "x", "-v", "--help", "-1", "--", "--machine=trn9", "machine", ""]
    done = run(script.folder, "--machine", "trn2", name, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{[name, *words]} __main__ {name}\n"
    assert not (script.folder / "x").exists()


def test_a_script_imports_what_lies_beside_it_wherever_it_is_run(script):
    inner = script.folder / "inner"
    inner.mkdir()
    (inner / "beside.py").write_text("WORD = 'found'\n", encoding="utf-8")
    name = script("import beside\nprint(beside.WORD)\n", "inner/script.py")
    assert run(script.folder, name).stdout == "found\n"


def test_json_holds_every_kernel_run(script):
    name = script("double(a)\nproduct(a, a)\n")
    done = run(script.folder, "--json", "out.json", "--machine", "trn2", name)
    assert done.returncode == 0, done.stderr
    result = json.loads((script.folder / "out.json").read_text(encoding="utf-8"))
    assert result["exit_status"] == 0
    assert [k["kernel"] for k in result["kernels"]] == ["double", "product"]
    for kernel in result["kernels"]:
        assert kernel["schema"] == "trainyard.run.1" and kernel["machine"]["name"] == "trn2"
        assert kernel["time_us"] > 0 and kernel["energy_j"] > 0


def test_a_pass_of_the_compiler_is_left_out_by_its_name(script):
    name = script("""
@nki.jit
def stream(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(8):
        tile = nl.ndarray((16, 128), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=x[16 * i:16 * i + 16])
        nisa.tensor_scalar(dst=tile, data=tile, op0=nl.multiply, operand0=2.0)
        nisa.dma_copy(dst=out[16 * i:16 * i + 16], src=tile)
    return out


stream(a)
""")

    def time_us(*options):
        done = run(script.folder, "--json", "out.json", *options, name)
        assert done.returncode == 0, done.stderr
        result = json.loads((script.folder / "out.json").read_text(encoding="utf-8"))
        return result["kernels"][0]["time_us"]

    assert time_us("--no-pass", "order", "--no-pass", "dma-queues") > time_us()
    done = run(script.folder, "--no-pass", "ordering", name)
    assert done.returncode == 2
    assert 'there is no pass "ordering" (the passes are psum-operands, common-values, ' \
           'double-buffering, packing, spilling, dma-queues, order, dma-split)' in done.stderr


def test_json_tells_reads_of_what_an_overlapping_tensor_overwrote(script):
    name = script("""
@nki.jit
def overlap(a):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    x = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.sbuf, address=(0, 0), name="x")
    y = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.sbuf, address=(0, 4), name="y")
    nisa.dma_copy(dst=x, src=a)
    nisa.dma_copy(dst=y, src=a)  # over x
    nisa.dma_copy(dst=out, src=x)  # reads it
    return out


overlap(a)
""")
    done = run(script.folder, "--json", "out.json", name)
    assert done.returncode == 0, done.stderr
    lines = (script.folder / name).read_text(encoding="utf-8").splitlines()
    (kernel,) = json.loads((script.folder / "out.json").read_text(encoding="utf-8"))["kernels"]
    (read,) = kernel["overwritten_reads"]
    assert (read["tensor"], read["writer"], read["instruction"]) == ("x", "y", 2)
    assert lines[read["line"] - 1].endswith("# reads it")
    assert lines[read["written_at"]["line"] - 1].endswith("# over x")


def test_of_several_kernel_runs_the_later_traces_are_numbered(script):
    (script.folder / "dir.d").mkdir()
    done = run(script.folder, "--profile", "dir.d/trace", script("double(a)\ndouble(a)\n"))
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(script.folder / "dir.d")) == ["trace", "trace.2"]
    done = run(script.folder, "--profile", "t.pftrace", script("double(a)\ndouble(a)\n"))
    assert (script.folder / "t.pftrace").stat().st_size > 1000
    assert (script.folder / "t.2.pftrace").stat().st_size > 1000


def test_the_report_is_the_long_summary_of_each_run(script):
    done = run(script.folder, "--report", "report.txt", script("double(a)\nproduct(a, a)\n"))
    assert done.returncode == 0, done.stderr
    report = (script.folder / "report.txt").read_text(encoding="utf-8")
    assert "double on trn3" in report and "product on trn3" in report and "hash" in report
    assert "  hash" not in done.stderr
    assert "  hash" in run(script.folder, "-v", "script.py").stderr


def test_fast_numerics_are_told_in_every_output(script):
    done = run(script.folder, "--numerics", "fast", "--json", "o.json", "--report", "o.txt",
               "--profile", "o.pftrace", script("product(a, a)\n"))
    assert done.returncode == 0, done.stderr
    assert "numerics: fast" in done.stderr
    assert "numerics: fast" in (script.folder / "o.txt").read_text(encoding="utf-8")
    (kernel,) = json.loads((script.folder / "o.json").read_text(encoding="utf-8"))["kernels"]
    assert kernel["numerics"] == "fast"
    assert b"fast" in (script.folder / "o.pftrace").read_bytes()


@pytest.mark.parametrize("leave, status, told", [
    ("sys.exit(7)", 7, ""), ("sys.exit()", 0, ""), ("sys.exit('gone wrong')", 1, "gone wrong"),
    ("raise ValueError('odd')", 1, "ValueError: odd"), ("sys.exit(True)", 1, "")])
def test_the_scripts_own_exit_status_is_kept(leave, status, told, script):
    done = run(script.folder, "--json", "out.json", script(f"double(a)\n{leave}\n"))
    assert done.returncode == status and told in done.stderr
    result = json.loads((script.folder / "out.json").read_text(encoding="utf-8"))
    assert result["exit_status"] == status and len(result["kernels"]) == 1


@pytest.mark.parametrize("endless", [
    "print('ready', flush=True)\nwhile True: pass\n",
    "@nki.jit\ndef endless(a):\n"
    "    t = nl.ndarray((128, 4), dtype=nl.float32, buffer=nl.sbuf)\n"
    "    print('ready', flush=True)\n"
    "    while True: nisa.memset(dst=t, value=0.0)\n\nendless(a)\n"])
def test_an_interrupted_run_ends_with_130_and_keeps_what_was_finished(endless, script):
    name = script("double(a)\n" + endless)
    # A test run in the background inherits that SIGINT is ignored; at a terminal it is not.
    with subprocess.Popen([*COMMAND, "--json", "out.json", "--profile", "t.pftrace", name],
                          cwd=script.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as child:
        try:
            assert child.stdout.readline() == "ready\n"
            time.sleep(0.1)
            child.send_signal(signal.SIGINT)
            _, told = child.communicate(timeout=60)
        finally:
            child.kill()
    assert child.returncode == 130, told
    assert told.endswith("interrupted\n") and "Traceback" not in told
    result = json.loads((script.folder / "out.json").read_text(encoding="utf-8"))
    assert result["exit_status"] == 130
    assert [k["kernel"] for k in result["kernels"]] == ["double"]
    assert (script.folder / "t.pftrace").stat().st_size > 1000


@pytest.mark.parametrize("arguments, words", [
    (["--machine", "trn9", "script.py"], ["trn9", "trn3"]),
    (["--machine", "none.toml", "script.py"], ["none.toml"]),
    (["--machin", "trn3", "script.py"], ["--machin"]),
    (["missing.py"], ["missing.py"]),
    (["."], ["."]),
    (["--numerics", "approximate", "script.py"], ["approximate", "exact", "fast"]),
    (["--machine"], ["--machine"]),
    ([], ["SCRIPT"]),
    (["--json", "no/such/folder.json", "script.py"], ["--json", "no/such/folder.json"]),
    (["--profile", ".", "script.py"], ["--profile"]),
    (["--report", "/proc/report.txt", "script.py"], ["--report", "/proc/report.txt"]),
    (["--json", "-", "script.py"], ["--json", "standard output"]),
    (["--json", "same", "--report", "./same", "script.py"], ["--json", "--report", "same"])])
def test_a_wrong_command_line_ends_with_2_before_the_script_starts(arguments, words, script):
    script("print('started')\n")
    done = run(script.folder, *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == "" and "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert os.listdir(script.folder) == ["script.py"]


def test_an_unknown_platform_in_the_environment_ends_with_2(script):
    done = run(script.folder, script("double(a)\n"),
               env={**os.environ, "NEURON_PLATFORM_TARGET_OVERRIDE": "trn9"})
    assert done.returncode == 2 and "trn9" in done.stderr and "trn3" in done.stderr


def test_a_what_if_machine_runs_from_a_file(script):
    (script.folder / "mine.toml").write_text('base = "trn2"\n', encoding="utf-8")
    done = run(script.folder, "--machine", "mine.toml", script("double(a)\n"))
    assert done.returncode == 0, done.stderr
    assert "double on mine" in done.stderr


def test_a_script_without_kernels_is_told_so(script):
    done = run(script.folder, "--json", "out.json", script("print('nothing')\n"))
    assert done.returncode == 0 and "no kernel" in done.stderr
    assert json.loads((script.folder / "out.json").read_text(encoding="utf-8"))["kernels"] == []


def test_the_help_names_every_option():
    done = run(".", "--help")
    assert done.returncode == 0
    for option in ("--machine", "--numerics", "--profile", "--report", "--json", "SCRIPT"):
        assert option in done.stdout

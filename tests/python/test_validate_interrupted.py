# SPDX-License-Identifier: Apache-2.0
"""`trainyard validate` and Ctrl-C: it ends at once, and what was finished is kept."""

import json
import signal
import subprocess
import sys
import time

from trainyard.validate.measurements import columns_of

# Leaves a file for each finished row, so that the signal comes in the midst of the next.
COMMAND = """
import pathlib, sys
from trainyard.validate import command
inner = command.Progress.step
def step(self, row):
    inner(self, row)
    pathlib.Path("finished-" + row.id).touch()
command.Progress.step = step
sys.exit(command.main())
"""
QUICK = 'quick,collective,trn1.32xlarge,all-reduce,"32 ranks, 1 MiB",time,50,us,,'
SLOW = ('slow,kernel,trn1.32xlarge,NKIBench matmul,"matmul {""M"": 4096, ""K"": 5120, '
        '""N"": 12288} fp32, NKIBench baseline kernel",latency,99,ms,,')
OF_A_CHECKOUT = ('suite,kernel,trn2,nki-library mlp: table,"batch=1",TpbSgCyclesSum_target,9,us,,')
CONFTEST = """
def pytest_addoption(parser):
    for name in ("output-directory", "test-mode", "platform-target"):
        parser.addoption("--" + name)
    for name in ("force-local-cleanup", "skip-coverage-parametrize"):
        parser.addoption("--" + name, action="store_true")
    parser.addini("artifacts_dir", "")
"""
SLOW_TO_COLLECT = """
import pathlib, time
pathlib.Path("../collecting").touch()
time.sleep(60)
"""


def interrupted(folder, mark, rows, *more):
    """Sends SIGINT half a second after the file `mark` is there: the status, seconds, the table,
    the JSON."""
    columns = ",".join(columns_of())
    (folder / "rows.csv").write_text("\n".join([columns, *rows]) + "\n")
    with subprocess.Popen(
            [sys.executable, "-c", COMMAND, "--measurements", "rows.csv", "--json", "told.json",
             *more], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            # A test run in the background inherits that SIGINT is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as child:
        try:
            while not (folder / mark).exists():
                assert child.poll() is None
                time.sleep(0.02)
            time.sleep(0.5)
            child.send_signal(signal.SIGINT)
            sent = time.monotonic()
            table, told = child.communicate(timeout=60)
            seconds = time.monotonic() - sent
        finally:
            child.kill()
    assert "interrupted: what was finished follows" in told and "Traceback" not in told
    return child.returncode, seconds, table, json.loads((folder / "told.json").read_text())


def test_a_slow_kernel_ends_within_two_seconds_and_finished_rows_are_written(tmp_path):
    status, seconds, table, told = interrupted(tmp_path, "finished-quick", [QUICK, SLOW])
    assert status == 130 and seconds < 2
    assert [row["id"] for row in told["rows"]] == ["quick"]
    assert told["rows"][0]["predicted"] > 0 and table.splitlines()[1].startswith("collectives")


def test_a_checkout_whose_tests_are_being_collected_ends_within_two_seconds(tmp_path):
    suite = tmp_path / "checkout" / "test" / "integration" / "nkilib"
    suite.mkdir(parents=True)
    (tmp_path / "checkout" / "src" / "nkilib_src").mkdir(parents=True)
    (tmp_path / "checkout" / "test" / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "checkout" / "test" / "conftest.py").write_text(CONFTEST)
    (suite / "test_mlp.py").write_text(SLOW_TO_COLLECT)
    status, seconds, _, told = interrupted(tmp_path, "collecting", [QUICK, OF_A_CHECKOUT],
                                           "--checkout", "checkout")
    assert status == 130 and seconds < 2
    assert [row["id"] for row in told["rows"]] == ["quick"]

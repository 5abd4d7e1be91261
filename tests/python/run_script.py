# SPDX-License-Identifier: Apache-2.0
"""`trainyard run` in a forked child of the test process: no start of Python for each script."""

import os
import signal
import tempfile
import traceback
from collections import namedtuple

Done = namedtuple("Done", "returncode stdout stderr")

LIMIT_S = 120


def _child(arguments, out, err):
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LIMIT_S)
    for descriptor, file in ((1, out), (2, err)):
        os.dup2(file.fileno(), descriptor)
    import sys
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)
    status = 70
    try:
        from trainyard.run import main
        status = main(arguments)
    except SystemExit as leave:
        status = leave.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run_script(*arguments):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            _child([str(argument) for argument in arguments], out, err)
        _, waited = os.waitpid(child, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return Done(os.waitstatus_to_exitcode(waited), *texts)

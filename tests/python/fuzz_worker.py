# SPDX-License-Identifier: Apache-2.0
"""Runs random programs or random wrong calls, in a process of its own so that a crash is a finding:
    fuzz_worker.py program|wrong_call FIRST STOP
Prints the number before each, and a JSON object at the end."""

import collections
import faulthandler
import json
import sys

from random_program import check_program
from wrong_calls import check_wrong_call

SECONDS = 60          # for one program: then it hangs
FAILURES_SHOWN = 3


def check(kind, number):
    if kind == "program":
        return "valid", check_program(number)
    return check_wrong_call(number)


def main(kind, first, stop):
    outcomes, failures, failed = collections.Counter(), [], 0
    for number in range(first, stop):
        print(number, flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        outcome, problems = check(kind, number)
        outcomes[outcome] += 1
        if problems:
            failed += 1
            if len(failures) < FAILURES_SHOWN:
                failures.append([number, problems])
    faulthandler.cancel_dump_traceback_later()
    print(json.dumps({"outcomes": outcomes, "failed": failed, "failures": failures}))


if __name__ == "__main__":
    faulthandler.enable()
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

# SPDX-License-Identifier: Apache-2.0
"""Runs random programs or random wrong calls, in a process of its own so that a crash is a finding:
    fuzz_worker.py program|wrong_call|ranks|wrong_ranks FIRST STOP
Prints the number before each, and a JSON object at the end."""

import collections
import faulthandler
import json
import sys

from random_program import check_program
from random_ranks import check_ranks
from wrong_calls import check_wrong_call
from wrong_ranks import check_wrong_ranks

SECONDS = 60          # for one program: then it hangs
FAILURES_SHOWN = 3


# Each gives an outcome and what is wrong.
CHECKS = {"program": lambda number: ("valid", check_program(number)),
          "ranks": lambda number: ("valid", check_ranks(number)),
          "wrong_call": check_wrong_call, "wrong_ranks": check_wrong_ranks}


def main(kind, first, stop):
    outcomes, failures, failed = collections.Counter(), [], 0
    for number in range(first, stop):
        print(number, flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        outcome, problems = CHECKS[kind](number)
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

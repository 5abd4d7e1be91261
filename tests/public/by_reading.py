# SPDX-License-Identifier: Apache-2.0
"""Cases of nki-library, every instruction also executed by its NumPy reading and compared.

    OMP_NUM_THREADS=1 trainyard run tests/public/by_reading.py CHECKOUT [--platform trn3]
        [--one-in 12] [--cap 10] [--record FILE] CASES…

Each case runs twice: as it is, and once more with the reading (tests/python/reference) of every
instruction on the operands that the core is about to read. Values that differ fail the run. The
time of "each instruction executed by its reading" is that of the plain run, less what the core's
calls took in the second, plus the readings' own time, without fetching operands or comparing; all
in CPU seconds of this process. An instruction without a reading, and one whose reading has used
up its --cap of seconds in the case, count the core's time on both sides: what is told is the least
that the ratio can be. CASES are as for nki_library.py; of each, --one-in K takes K-th of its
cases, from a start that --seed chooses. --record adds a JSON line a case to FILE, and the summary
is of all in it.
"""

import argparse
import collections
import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import nki_library  # noqa: E402
import pytest  # noqa: E402
from _pytest.runner import runtestprotocol  # noqa: E402
from nki_library import INTEGRATION, Launcher, node_ids, run_cases  # noqa: E402
from reader import Account, Reader  # noqa: E402
from trainyard import _core  # noqa: E402
from trainyard.nki import replays, settings  # noqa: E402

class TimedLauncher(Launcher):
    kernel_s = 0.0

    def launch(self, kernel, **inputs):
        start = time.process_time()
        try:
            return super().launch(kernel, **inputs)
        finally:
            self.kernel_s += time.process_time() - start


class Twice:
    """Runs every case plain, then with the readings."""

    out = sys.stdout    # pytest takes it away

    def __init__(self, reader, launcher, chosen, record):
        self.reader, self.launcher, self.record = reader, launcher, record
        self.chosen, self.call_s = set(chosen), 0.0

    def pytest_collectreport(self, report):
        if report.failed:
            print(f"not collected: {report.nodeid}\n{report.longrepr}", file=self.out, flush=True)

    def pytest_collection_modifyitems(self, items):
        """Whole files are collected: pytest ends where one of many ids is none of the checkout."""
        items[:] = [item for item in items if item.nodeid in self.chosen]
        for node in sorted(self.chosen - {item.nodeid for item in items}):
            print(f"no such case: {node}", file=self.out, flush=True)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item):
        start = time.process_time()
        yield
        self.call_s = time.process_time() - start

    def run(self, item, nextitem, active):
        replays.clear()
        self.launcher.clear()
        self.launcher.kernel_s = 0.0
        self.reader.begin()
        self.reader.active = active
        if active:
            item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        self.reader.active = False
        return next((r.outcome for r in reports if r.outcome != "passed"), "passed")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        outcomes = [self.run(item, nextitem, False)]
        case = {"case": item.nodeid.removeprefix(INTEGRATION + "/"),
                "machine": settings.machine().name, "case_s": self.call_s,
                "kernel_s": self.launcher.kernel_s}
        outcomes.append(self.run(item, nextitem, True))
        case.update(outcomes=outcomes, instructions=self.reader.accounts,
                    unread=self.reader.unread, problems=self.reader.problems)
        self.record(case)
        return True


def more_s(case):
    """What the readings take longer than the core."""
    return sum(a["reading_s"] - a["core_read_s"] for a in case["instructions"].values())


def show(case, out):
    wrong = "" if case["outcomes"] == ["passed"] * 2 else f"  # {', '.join(case['outcomes'])}"
    capped = "+" if any(a["capped"] for a in case["instructions"].values()) else " "
    print(f"{case['case_s']:8.2f} s {case['case_s'] + more_s(case):8.2f}{capped}s  "
          f"{case['case'].rpartition('/')[2]}{wrong}", file=out, flush=True)
    for problem in case["problems"]:
        print(f"  {problem}", file=out, flush=True)


def summary(cases):
    total = collections.defaultdict(Account)
    unread = collections.Counter()
    for case in cases:
        unread.update(case["unread"])
        for name, account in case["instructions"].items():
            for key, value in account.items():
                total[name][key] = total[name].get(key, 0) + value
    print(f"{'instruction':24} {'calls':>9} {'read':>9} {'capped':>9} {'core s':>8} {'of read':>8} "
          f"{'reading s':>9} {'differ':>6}")
    for name, a in sorted(total.items(), key=lambda item: -item[1]["core_s"]):
        print(f"{name:24} {a['calls']:9} {a['read']:9} {a['capped']:9} {a['core_s']:8.2f} "
              f"{a['core_read_s']:8.2f} {a['reading_s']:9.2f} {a.get('problems', 0):6}")
    for reason, count in unread.most_common():
        print(f"  {count:9} not read: {reason}")
    case_s, kernel_s = (sum(case[k] for case in cases) for k in ("case_s", "kernel_s"))
    more = sum(map(more_s, cases))
    # A capped reading goes on as fast, against the core, as it went.
    rest = sum((a["core_s"] - a["core_read_s"]) * (a["reading_s"] / a["core_read_s"] - 1)
               for case in cases for a in case["instructions"].values() if a["capped"])
    calls, read = (sum(a[k] for a in total.values()) for k in ("calls", "read"))
    print(f"{len(cases)} cases, {sum(c['outcomes'] != ['passed'] * 2 for c in cases)} not passed"
          f" ({sum(len(set(c['outcomes'])) > 1 for c in cases)} in one of the two runs only); "
          f"{calls} instructions, {read} compared")
    print(f"by the core {case_s:.1f} s, of it kernels {kernel_s:.1f} s; by the readings at least "
          f"{case_s + more:.1f} s, of it kernels {kernel_s + more:.1f} s: "
          f"{1 + more / case_s:.1f} times, kernels {1 + more / kernel_s:.1f} times")
    print(f"with what was capped estimated: {1 + (more + rest) / case_s:.1f} times, kernels "
          f"{1 + (more + rest) / kernel_s:.1f} times")
    return sum(a.get("problems", 0) for a in total.values())


def sampled(arguments, one_in, seed):
    """Of each argument's cases each `one_in`-th, at least one."""
    chosen = []
    for argument in arguments:
        nodes = node_ids(argument)
        start = random.Random(f"{seed} {len(nodes)} {nodes[0]}").randrange(min(one_in, len(nodes)))
        chosen += nodes[start::one_in]
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one-in", type=int, default=1)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--cap", type=float, default=10.0, help="seconds an instruction and case")
    parser.add_argument("--record", type=Path)
    options, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    library, rest = nki_library.arguments()
    reader, launcher, cases = Reader(options.cap), TimedLauncher(library.lnc), []
    record = options.record and options.record.resolve()

    def note(case):
        show(case, Twice.out)
        cases.append(case)
        if record:
            with open(record, "a", encoding="utf-8") as file:
                file.write(json.dumps(case) + "\n")

    _core.add_own_directory(str(Path(__file__).resolve().parent))
    chosen = sampled(rest, options.one_in, options.seed)
    files = dict.fromkeys(node.partition("::")[0] for node in chosen)
    with reader.installed():
        run_cases(library, files, launcher, Twice(reader, launcher, chosen, note))
    if record:
        cases = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    differ = summary(cases)
    return 1 if differ or any(len(set(case["outcomes"])) > 1 for case in cases) else 0


if __name__ == "__main__":
    sys.exit(main())

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

import greenlet  # noqa: E402
import nki_library  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from _pytest.runner import runtestprotocol  # noqa: E402
from call import Call, NoReading, Parameters  # noqa: E402
from nki_library import INTEGRATION, Launcher, node_ids, run_cases  # noqa: E402
from readings import READINGS  # noqa: E402
from reference.formats import same  # noqa: E402
from sums import Near, registers  # noqa: E402
from trainyard import _core  # noqa: E402
from trainyard.nki import isa, replays, settings  # noqa: E402

SHOWN = 3   # problems of one instruction in one case


class Clock:
    """CPU seconds of the running core's part: a launch on two cores is two greenlets."""

    def __init__(self):
        self.used, self.last = collections.Counter(), 0.0
        greenlet.settrace(self.switched)

    def switched(self, _event, origin_and_target):
        now = time.process_time()
        self.used[origin_and_target[0]] += now - self.last
        self.last = now

    def __call__(self):
        return self.used[greenlet.getcurrent()] + time.process_time() - self.last


class Account(dict):
    """What one instruction came to in one case."""

    def __init__(self):
        super().__init__(calls=0, core_s=0.0, read=0, core_read_s=0.0, reading_s=0.0, capped=0)


class Reader:
    def __init__(self, cap_s):
        self.cap_s, self.clock, self.active = cap_s, Clock(), False
        self.accounts, self.problems, self.unread = {}, [], collections.Counter()

    def begin(self):
        self.accounts, self.problems = collections.defaultdict(Account), []
        self.unread = collections.Counter()
        registers.clear()
        self.clock.used.clear()

    def install(self):
        for name, function in list(vars(_core.isa).items()):
            try:
                wrapped = self.wrapped(name, function, Parameters(function))
            except (TypeError, ValueError):     # no instruction, or one with a collective's order
                continue
            setattr(_core.isa, name, wrapped)
            if getattr(isa, name, None) is function:
                setattr(isa, name, wrapped)

    def wrapped(self, name, function, parameters):
        def instruction(*positional, **named):
            if not self.active:
                return function(*positional, **named)
            account = self.accounts[name]
            account["calls"] += 1
            call = Call(name, parameters.bind(positional, named),
                        _core.current_session_or_none(), settings.machine())
            work = self.prepare(call, account)
            start = self.clock()
            result = function(*positional, **named)
            core_s = self.clock() - start
            account["core_s"] += core_s
            if work is not None:
                account["read"] += 1
                account["core_read_s"] += core_s
                self.compare(call, work, account)
            return result
        instruction.__name__ = name
        return instruction

    def prepare(self, call, account):
        if account["reading_s"] > self.cap_s:
            account["capped"] += 1
            return None
        try:
            if call.name not in READINGS:
                raise NoReading("no reading")
            return READINGS[call.name](call)
        except NoReading as reason:
            self.unread[f"{call.name}: {reason}"] += 1
            return None

    def compare(self, call, work, account):
        start = self.clock()
        wants = work()
        account["reading_s"] += self.clock() - start
        for name, want in wants.items():
            got, stays = call.rows(name), staying(call[name])
            problem = judged(got, want, stays)
            if problem:
                account["problems"] = account.get("problems", 0) + 1
                if account["problems"] <= SHOWN:
                    file, line = call.session.last_place
                    self.problems.append(f"{Path(file).name}:{line} {call.name}({told(call)}): "
                                         f"{name} {problem}")


def told(call):
    return ", ".join(f"{name}={told_value(value)}" for name, value in call.arguments.items()
                     if value is not None)


def told_value(value):
    if isinstance(value, _core.Tensor):
        return f"{getattr(value.dtype, 'name', value.dtype)}{list(value.shape)}"
    return getattr(value, "__name__", None) or repr(value)


def staying(tensor):
    """Which elements later ones of the same place do not overwrite; None: all."""
    steps = [step for step, _ in tensor.get_pattern()]
    if 0 not in steps or len(steps) != len(tensor.shape):
        return None
    stays = np.zeros(tuple(tensor.shape), bool)
    stays[tuple(-1 if step == 0 else slice(None) for step in steps)] = True
    return stays


def judged(got, want, stays):
    if isinstance(want, Near):
        return want(got, stays)
    if callable(want):
        return want(got)
    want = want.reshape(got.shape)
    ok = same(got, want if want.dtype == got.dtype else want.view(got.dtype))
    if stays is not None:
        ok |= ~stays.reshape(got.shape)
    if ok.all():
        return None
    at = tuple(int(i) for i in np.argwhere(~ok)[0])
    return f"{list(at)} is {got[at]!r}, reading {want[at]!r}; {int((~ok).sum())} of {ok.size}"


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
    print(f"{len(cases)} cases, {sum(c['outcomes'] != ['passed'] * 2 for c in cases)} not passed; "
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

    reader.install()
    _core.add_own_directory(str(Path(__file__).resolve().parent))
    chosen = sampled(rest, options.one_in, options.seed)
    files = dict.fromkeys(node.partition("::")[0] for node in chosen)
    run_cases(library, files, launcher, Twice(reader, launcher, chosen, note))
    if record:
        cases = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    differ = summary(cases)
    return 1 if differ or any(case["outcomes"] != ["passed"] * 2 for case in cases) else 0


if __name__ == "__main__":
    sys.exit(main())

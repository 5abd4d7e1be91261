# SPDX-License-Identifier: Apache-2.0
"""A suite of public kernels: runs its cases on one machine, prints a line a case, keeps the table.

The kernels come unmodified from a checkout that the user names; nothing is written into it.
"""

import argparse
import contextlib
import dataclasses
import importlib.util
import io
import os
import re
import sys
import types
from pathlib import Path
from typing import Callable

from trainyard import _core, runs
from trainyard.nki import settings

MACHINES = ("trn1", "trn2", "trn3")
FIRST_WITH = {"gen2": "trn1", "gen3": "trn2", "gen4": "trn3"}


@dataclasses.dataclass(frozen=True)
class Case:
    key: str
    check: Callable[[], None]  # runs the kernel and raises if its values are wrong
    needs: str = "gen2"  # the first generation that has its instructions
    older_keywords: bool = False  # passes keywords that only NKI 0.2 ignored


def module(path):
    """The file as a module; its folder's own modules are those it imports."""
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
    finally:
        sys.path.remove(str(path.parent))
    return loaded


def torch_xla_on_the_host():
    """The examples' references are PyTorch code; the host's CPU stands in for the accelerator."""
    import torch
    stand_in = types.ModuleType("torch_xla")
    stand_in.device = lambda: torch.device("cpu")
    stand_in.sync = lambda: None
    sys.modules["torch_xla"] = stand_in


@contextlib.contextmanager
def environment(**variables):
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def run(case, machine):
    """(outcome, simulated microseconds of its last kernel run, remark)."""
    times, remarks, tell = [], [], runs.on_finish

    def note(result):
        if tell is not None:
            tell(result)
        times.append(result.time_us)
        if result.unwritten_reads:
            remarks.append(f"{len(result.unwritten_reads)} reads of what was never written")

    runs.on_finish = note
    older = {"NKI_IGNORE_UNKNOWN_KEYWORDS": "1"} if case.older_keywords else {}
    if older:
        remarks.append("NKI_IGNORE_UNKNOWN_KEYWORDS=1")
    outcome = "passed"
    try:
        with environment(**older), contextlib.redirect_stdout(io.StringIO()):
            case.check()
        if machine.generation < case.needs:
            outcome = "failed"
            remarks = [f"runs, but its instructions appeared with {FIRST_WITH[case.needs]}"]
    except Exception as error:
        outcome = "failed"
        remarks = [f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"]
        if isinstance(error, _core.Fault) and machine.generation < case.needs:
            outcome = "refused"
    finally:
        runs.on_finish = tell
    return outcome, (times or [0.0])[-1], "; ".join(dict.fromkeys(remarks))


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--only", metavar="TEXT", help="the cases with this in their key")
    parser.add_argument("--small", action="store_true", help="smaller tensors where a case can")
    parser.add_argument("--markdown", metavar="FILE", type=Path,
                        help="writes this machine's column of the suite's table into FILE")
    return parser.parse_args()


def main(suite, description, cases):
    """`cases(options)` gives the suite's cases. Returns the exit status."""
    options = arguments(description)
    options.checkout = options.checkout.resolve()
    runs.machine = runs.machine or "trn3"
    machine = settings.machine()
    print(f"{suite} on {machine.title} ({machine.name}), from {options.checkout}", flush=True)
    counts, cells = {}, {}
    for case in cases(options):
        if options.only and options.only not in case.key:
            continue
        outcome, time_us, remark = run(case, machine)
        counts[outcome] = counts.get(outcome, 0) + 1
        time = f"{time_us:.2f} us" if outcome == "passed" else "-"
        cells[case.key] = f"passed, {time}" if outcome == "passed" else (
            f"needs {FIRST_WITH[case.needs]}" if outcome == "refused" else "FAILED")
        print(f"{outcome:>8} {time:>14}  {case.key}{'  # ' + remark if remark else ''}", flush=True)
    if options.markdown:
        write_column(options.markdown, suite, machine.name, cells)
    print(f"{counts.get('passed', 0)} passed, {counts.get('failed', 0)} failed", end="")
    if counts.get("refused"):
        print(f", {counts['refused']} refused: {machine.name} lacks their instructions", end="")
    print()
    return 1 if counts.get("failed") else 0


def write_column(path, suite, machine, cells):
    """Puts the results of one machine into the table below the heading `## suite`."""
    text = path.read_text(encoding="utf-8")
    heading = re.search(rf"^## {re.escape(suite)}\n", text, re.M)
    if heading is None:
        text = text.rstrip("\n") + f"\n\n## {suite}\n"
        heading = re.search(rf"^## {re.escape(suite)}\n", text, re.M)
    following = re.search(r"^## ", text[heading.end():], re.M)
    end = heading.end() + following.start() if following else len(text)
    section = text[heading.end():end]
    table = re.search(r"^\| key .*\n(\|.*\n)*", section, re.M)
    known = {}
    for line in table.group(0).splitlines()[2:] if table else ():
        key, *row = (cell.strip().strip("`") for cell in line.strip("|").split("|"))
        known[key] = dict(zip(MACHINES, row))
    for key, cell in cells.items():
        known.setdefault(key, {})[machine] = cell
    lines = ["| key | " + " | ".join(MACHINES) + " |", "| --- |" + " ---: |" * len(MACHINES)]
    lines += [f"| `{key}` | " + " | ".join(row.get(m, "") for m in MACHINES) + " |"
              for key, row in known.items()]
    before, after = (section[:table.start()], section[table.end():]) if table else (
        section.rstrip("\n") + "\n\n", "\n" if following else "")
    path.write_text(text[:heading.end()] + before + "\n".join(lines) + "\n" + after + text[end:],
                    encoding="utf-8")

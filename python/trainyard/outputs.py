# SPDX-License-Identifier: Apache-2.0
"""The files that `trainyard run` writes, kernel by kernel: an interrupted run keeps some."""

import os

from trainyard.faults import USAGE, fault


def check_writable(option, path):
    """Before the script starts: afterwards its work would be lost."""
    if path == "-":
        raise fault(USAGE, f"{option}: standard output is the script's", "name a file")
    new = not os.path.exists(path)
    try:
        with open(path, "ab"):
            pass
    except OSError as error:
        raise fault(USAGE, f"{option}: {path} cannot be written: {error.strerror}",
                    "name a file in a folder that exists") from None
    if new:
        os.remove(path)


def numbered(path, index):
    """The first kernel run has the name asked for, later ones a number before the ending."""
    stem, ending = os.path.splitext(path)
    return path if index == 0 else f"{stem}.{index + 1}{ending}"


class Outputs:
    def __init__(self, profile=None, report=None, json=None):
        asked = {"--profile": profile, "--report": report, "--json": json}
        asked = {option: path for option, path in asked.items() if path}
        for option, path in asked.items():
            check_writable(option, path)
        if len({os.path.realpath(path) for path in asked.values()}) < len(asked):
            raise fault(USAGE, f"{' and '.join(asked)} name the same file", "give each its own")
        self.profile = profile
        self.report = open(report, "w", encoding="utf-8") if report else None
        self.json = open(json, "w", encoding="utf-8") if json else None
        if self.json:
            self.json.write('{"kernels": [')
        self.runs = 0

    def add(self, result):
        if self.json:
            self.json.write(("," if self.runs else "") + "\n" + result.json())
            self.json.flush()
        if self.report:
            self.report.write(("\n" if self.runs else "") + result.text(True))
            self.report.flush()
        if self.profile:
            result.write_trace(numbered(self.profile, self.runs))
        self.runs += 1

    def close(self, status):
        if self.json:
            self.json.write(f'\n], "exit_status": {status}}}\n')
            self.json.close()
        if self.report:
            self.report.close()

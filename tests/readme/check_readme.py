# SPDX-License-Identifier: Apache-2.0
"""Runs every command of the README's ```sh blocks that follow the line <!-- checked -->.

Each must end with status 0; `trainyard` is the one of .venv.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 300


def checked_commands(text):
    blocks = re.findall(r"^<!-- checked -->\n```sh\n(.*?)^```", text, re.M | re.S)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def run(command):
    environment = os.environ | {"PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}
    try:
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {SECONDS_MAX} s"
    return "" if done.returncode == 0 else f"status {done.returncode}\n{done.stdout}{done.stderr}"


def main():
    failed = 0
    commands = checked_commands((ROOT / "README.md").read_text(encoding="utf-8"))
    for command in commands:
        trouble = run(command)
        print(f"  {'failed' if trouble else 'ok'}: {command}\n{trouble}".rstrip(), flush=True)
        failed += bool(trouble)
    if not commands:
        print("README.md has no checked command; mark a block with <!-- checked -->")
        failed = 1
    print(f"readme: {max(len(commands) - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

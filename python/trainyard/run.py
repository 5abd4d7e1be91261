# SPDX-License-Identifier: Apache-2.0
"""Runs a Python script with NKI kernels on a simulated machine: python -m trainyard.run"""

import argparse
import json
import os
import sys
import traceback

from trainyard import _core, alias, runs

PACKAGE = os.path.dirname(os.path.abspath(__file__))
PROGRAM, USAGE, INTERNAL, INTERRUPTED = 1, 2, 70, 130


def arguments(argv):
    parser = argparse.ArgumentParser(prog="trainyard run", description=__doc__.split(":")[0])
    parser.add_argument("--machine", help="trn1, trn2, trn3 or a file")
    parser.add_argument("--profile", metavar="FILE", help="writes a trace of the timeline")
    parser.add_argument("--report", metavar="FILE", help="writes the summaries as text")
    parser.add_argument("--json", metavar="FILE", help="writes the kernel runs as JSON")
    parser.add_argument("--numerics", choices=["exact", "fast"], default="exact")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("script")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    return parser.parse_args(argv)


def execute(options):
    """The script as __main__, as python itself would run it."""
    with open(options.script, encoding="utf-8") as file:
        code = compile(file.read(), options.script, "exec")
    main = type(sys)("__main__")
    main.__dict__.update(__file__=options.script, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    sys.argv = [options.script, *options.rest]
    sys.path[0] = os.path.dirname(os.path.abspath(options.script))
    exec(code, main.__dict__)


def users_frames(error, verbose):
    frames = traceback.extract_tb(error.__traceback__)
    if verbose:
        return frames
    inner = ("<frozen ", PACKAGE + os.sep)
    return [f for f in frames if not f.filename.startswith(inner)]


def tell(error, verbose):
    frames = users_frames(error, verbose)
    if frames:
        print("Traceback (most recent call last):", file=sys.stderr)
        print("".join(traceback.format_list(frames)), end="", file=sys.stderr)
    text = str(error) if isinstance(error, _core.Fault) else "".join(
        traceback.format_exception_only(type(error), error)).rstrip()
    print(text, file=sys.stderr)


def finished_path(path, index):
    """The first kernel has the name asked for, later ones a number."""
    stem, dot, ending = path.rpartition(".")
    return path if index == 0 else f"{stem}.{index + 1}.{ending}" if dot else f"{path}.{index + 1}"


def write_results(options):
    results = runs.finished()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"kernels": [json.loads(r.json()) for r in results]}, file, indent=1)
    if options.report:
        with open(options.report, "w", encoding="utf-8") as file:
            file.write("\n".join(r.text(True) for r in results))
    if options.profile:
        for i, result in enumerate(results):
            result.write_trace(finished_path(options.profile, i))


def status_of(options):
    try:
        execute(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except SystemExit as leave:
        if isinstance(leave.code, str):
            print(leave.code, file=sys.stderr)
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except _core.Fault as error:
        tell(error, options.verbose)
        return getattr(error, "kind", PROGRAM)
    except Exception as error:
        tell(error, options.verbose)
        return PROGRAM
    return 0


def main(argv=None):
    options = arguments(sys.argv[1:] if argv is None else argv)
    if not os.path.isfile(options.script):
        print(f"trainyard run: there is no script {options.script}", file=sys.stderr)
        return USAGE
    alias.install()
    _core.add_own_directory(PACKAGE)
    runs.machine, runs.numerics = options.machine, options.numerics
    runs.on_finish = lambda result: print(result.text(options.verbose), file=sys.stderr)
    status = status_of(options)
    write_results(options)
    return status


if __name__ == "__main__":
    # Under -m this file is __main__; the package's own module is the one with the state.
    from trainyard.run import main as run_main
    sys.exit(run_main())

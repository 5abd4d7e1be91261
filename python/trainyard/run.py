# SPDX-License-Identifier: Apache-2.0
"""Runs a Python script whose NKI kernels execute on a simulated machine."""

import argparse
import json
import os
import sys
import traceback

from trainyard import _core, alias, explain, runs
from trainyard.outputs import Outputs

PACKAGE = os.path.dirname(os.path.abspath(__file__))
PROGRAM, USAGE, INTERNAL, INTERRUPTED = 1, 2, 70, 130
EPILOG = """Options after SCRIPT are the script's. Standard output is the script's too; a summary of
each kernel run goes to standard error. Of several kernel runs the first trace has the name asked
for, later ones are FILE.2, FILE.3 and so on, the number before the ending."""


def arguments(argv):
    parser = argparse.ArgumentParser(prog="trainyard run", description=__doc__, epilog=EPILOG,
                                     allow_abbrev=False)
    parser.add_argument("--machine", metavar="M", help="trn1, trn2, trn3 (default) or a TOML file")
    parser.add_argument("--numerics", choices=["exact", "fast"], default="exact",
                        help="fast may use the host's matrix units: other bits, and says so")
    parser.add_argument("--profile", metavar="FILE", help="writes a Perfetto trace")
    parser.add_argument("--report", metavar="FILE", help="writes the long summary as text")
    parser.add_argument("--json", metavar="FILE", help="writes the whole result")
    parser.add_argument("--explain", action="store_true",
                        help="tells why each run took so long, and what would gain how much")
    parser.add_argument("--permissive", action="store_true",
                        help="runs kernels with Python that NKI's compiler refuses")
    parser.add_argument("--no-pass", metavar="NAME", action="append", default=[],
                        help="leaves out one of the compiler's passes; may be given again: "
                        + ", ".join(name for name, _ in _core.passes()))
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="the long summary; tracebacks with trainyard's own lines")
    parser.add_argument("script", metavar="SCRIPT")
    parser.add_argument("rest", metavar="ARGUMENTS", nargs=argparse.REMAINDER)
    return parser.parse_args(argv)


def execute(options):
    """The script as __main__, as python itself would run it."""
    with open(options.script, "rb") as file:
        code = compile(file.read(), options.script, "exec")
    main = type(sys)("__main__")
    main.__dict__.update(__file__=options.script, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    sys.argv = [options.script, *options.rest]
    sys.path[0] = os.path.dirname(os.path.abspath(options.script))
    exec(code, main.__dict__)


def is_own(file):
    return file.startswith((PACKAGE + os.sep, "<frozen "))


def own_function(stack):
    """The function of ours that the user's innermost line called, if the error came from there."""
    name = ""
    for frame in stack:
        name = "" if not is_own(frame.filename) else name or frame.name
    return name


def tell(error, verbose):
    """The traceback of the user's lines; with -v also of ours."""
    told = traceback.TracebackException.from_exception(error)
    inner = own_function(told.stack)
    links, seen = [told], []
    while links:
        link = links.pop()
        seen.append(link)
        links += [inner for inner in (link.__cause__, link.__context__) if inner is not None]
    for link in seen:
        if not verbose:
            kept = [frame for frame in link.stack if not is_own(frame.filename)]
            link.stack = traceback.StackSummary.from_list(kept)
    if not isinstance(error, _core.Fault):
        text = "".join(told.format())
        if not verbose:
            text = text.replace("trainyard._core.", "").replace("trainyard.nki.", "nki.")
        print(text, end="", file=sys.stderr)
        if inner and not verbose:
            print(f"raised in {inner}(), which was called with something that it does not take "
                  "(-v shows where)", file=sys.stderr)
        return
    if told.stack:
        print("Traceback (most recent call last):", file=sys.stderr)
        print("".join(told.stack.format()), end="", file=sys.stderr)
    print(error, file=sys.stderr)
    if getattr(error, "kind", PROGRAM) == INTERNAL:
        print(f"this is a bug of trainyard: please report it with {sys.argv[0]}", file=sys.stderr)


def status_of(options):
    try:
        execute(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except SystemExit as leave:
        if leave.code is None or isinstance(leave.code, int):
            return int(leave.code or 0) & 0xff
        print(leave.code, file=sys.stderr)
        return PROGRAM
    except _core.Fault as error:
        tell(error, options.verbose)
        return getattr(error, "kind", PROGRAM)
    except Exception as error:
        tell(error, options.verbose)
        return PROGRAM
    return 0


def refuse(text):
    print(f"trainyard run: {text}", file=sys.stderr)
    return USAGE


def main(argv=None):
    options = arguments(sys.argv[1:] if argv is None else argv)
    if not os.path.isfile(options.script):
        return refuse(f"there is no script {options.script}")
    if not os.access(options.script, os.R_OK):
        return refuse(f"{options.script} cannot be read")
    try:
        if options.machine:
            _core.Machine(options.machine)
        for name in options.no_pass:
            _core.check_pass(name)
        outputs = Outputs(options.profile, options.report, options.json)
    except _core.Fault as error:
        return refuse(str(error))
    alias.install()
    _core.add_own_directory(PACKAGE)
    runs.machine, runs.numerics = options.machine, options.numerics
    runs.permissive, runs.no_passes = options.permissive, options.no_pass

    def finished(result):
        print(result.text(options.verbose), file=sys.stderr, flush=True)
        if options.explain:
            print(explain.text(json.loads(result.json())), file=sys.stderr, flush=True)
        outputs.add(result)

    runs.on_finish = finished
    status = status_of(options)
    outputs.close(status)
    if outputs.runs == 0 and status == 0:
        print("trainyard run: the script ran no kernel", file=sys.stderr)
    return status


if __name__ == "__main__":
    # Under -m this file is __main__; the package's own module is the one with the state.
    from trainyard.run import main as run_main
    sys.exit(run_main())

# SPDX-License-Identifier: Apache-2.0
"""Compares every public symbol of AWS's NKI reference with ours.

    python tests/public/symbols.py CHECKOUT [--markdown FILE]

CHECKOUT: aws-neuron-sdk (or its folder nki), whose stubs are read, not imported. A symbol is
  implemented   it is here, with the parameters of the reference: names, order, which have defaults
  refused       it is here and says in a Fault that it is not modelled
  different     it is here with other parameters or values
  missing       it is not here
The exit status is 1 if anything is different or missing.
"""

import argparse
import ast
import collections
import dataclasses
import importlib
import inspect
import re
import sys
from pathlib import Path

from trainyard import _core, alias
from trainyard.faults import NOT_MODELLED

alias.install()

MODULES = ("nki", "nki.language", "nki.isa", "nki.collectives")
# Methods that every object has, and those which Python calls.
OPERATORS = ("__init__", "__getitem__", "__setitem__")
NO_VALUE = object()


@dataclasses.dataclass(frozen=True)
class Parameter:
    name: str
    optional: bool
    star: str = ""  # "*" or "**" before the name

    def __str__(self):
        return self.star + self.name + ("=…" if self.optional else "")


@dataclasses.dataclass(frozen=True)
class Symbol:
    module: str
    path: tuple  # inside of the module
    kind: str  # function, class, method, attribute, member, constant
    parameters: tuple = None
    value: object = NO_VALUE  # of an enum's member

    def __str__(self):
        return ".".join((self.module, *self.path))


def parameters_of(arguments):
    """Of an ast.arguments, without self."""
    positional = [*arguments.posonlyargs, *arguments.args]
    first_optional = len(positional) - len(arguments.defaults)
    found = [Parameter(p.arg, i >= first_optional) for i, p in enumerate(positional)]
    if arguments.vararg:
        found.append(Parameter(arguments.vararg.arg, False, "*"))
    found += [Parameter(p.arg, default is not None)
              for p, default in zip(arguments.kwonlyargs, arguments.kw_defaults)]
    if arguments.kwarg:
        found.append(Parameter(arguments.kwarg.arg, False, "**"))
    return tuple(p for p in found if p.name != "self")


def _assigned(node):
    """The name that a statement binds, or None."""
    if isinstance(node, ast.AnnAssign):
        return node.target.id
    if isinstance(node, ast.Assign):
        return node.targets[0].id
    return None


def _is_public(name):
    return name in OPERATORS or not name.startswith("_")


def _of_class(module, node, name):
    is_enum = any(ast.unparse(base).endswith("Enum") for base in node.bases)
    for item in node.body:
        attribute = _assigned(item)
        if isinstance(item, ast.FunctionDef) and _is_public(item.name):
            is_property = any(ast.unparse(d) == "property" for d in item.decorator_list)
            yield Symbol(module, (name, item.name), "attribute" if is_property else "method",
                         None if is_property else parameters_of(item.args))
        elif attribute and is_enum:
            yield Symbol(module, (name, attribute), "member", value=ast.literal_eval(item.value))
        elif attribute and _is_public(attribute):
            yield Symbol(module, (name, attribute), "attribute")


def documented(api):
    """Every public symbol of the stubs below the folder `api`."""
    for module in MODULES:
        path = api.joinpath(*module.split(".")[1:], "__init__.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            name = _assigned(node) or getattr(node, "name", None)
            if isinstance(node, ast.ClassDef):
                # tile_size is documented, its class is not.
                shown = "tile_size" if name == "_TileSize" else name
                if shown == name:
                    yield Symbol(module, (name,), "class")
                yield from _of_class(module, node, shown)
            elif name is None or not _is_public(name):
                continue
            elif isinstance(node, ast.FunctionDef):
                yield Symbol(module, (name,), "function", parameters_of(node.args))
            else:
                yield Symbol(module, (name,), "constant")


def ours(symbol):
    """What the name means here; raises AttributeError if nothing."""
    value = importlib.import_module(symbol.module)
    for name in symbol.path:
        value = getattr(value, name)
    return value


def our_parameters(function):
    compiled = getattr(function, "__nb_signature__", None)
    if compiled:  # "def name(self, dim: int, step: int = \\0) -> Tensor", first overload first
        text = re.sub(r"\\\d+", "None", compiled[0][0])
        return parameters_of(ast.parse(text + ": pass").body[0].args)
    found = []
    for p in inspect.signature(function).parameters.values():
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        found.append(Parameter(p.name, p.default is not p.empty, star))
    return tuple(p for p in found if p.name != "self")


def _binds(theirs, mine):
    """Whether every call that the reference takes means the same here.

    A constructor that takes its fields by name may take them in order too.
    """
    if any(p.star for p in mine):
        return any(p.star for p in theirs)
    return theirs == mine


def _refusal(function):
    """The rule by which it refuses every call as not modelled, or None."""
    try:
        function()
    except _core.Fault as fault:
        return fault.rule if fault.kind == NOT_MODELLED else None
    except Exception:
        return None
    return None


def judge(symbol):
    """(status, remark)."""
    try:
        value = ours(symbol)
    except AttributeError:
        return "missing", ""
    if symbol.kind in ("function", "method"):
        constructor = symbol.path[-1] == "__init__"
        rule = _refusal(ours(dataclasses.replace(symbol, path=symbol.path[:-1])) if constructor
                        else value)
        if rule is not None:
            return "refused", rule
        mine = our_parameters(value)
        if not _binds(symbol.parameters, mine):
            return "different", (f"({', '.join(map(str, symbol.parameters))}) there, "
                                 f"({', '.join(map(str, mine))}) here")
    if symbol.kind == "member" and value.value != symbol.value:
        return "different", f"{symbol.value!r} there, {value.value!r} here"
    return "implemented", ""


STATUSES = ("implemented", "refused", "different", "missing")


def table(results):
    """Counts by module, as Markdown."""
    counts = collections.Counter((symbol.module, status) for symbol, (status, _) in results)
    lines = ["| module | " + " | ".join(STATUSES) + " |", "|---|" + "---:|" * len(STATUSES)]
    for module in (*MODULES, "all"):
        cells = [counts[module, s] if module != "all" else sum(counts[m, s] for m in MODULES)
                 for s in STATUSES]
        lines.append(f"| {f'`{module}`' if module != 'all' else 'all'} | "
                     + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="writes the counts there")
    options = parser.parse_args()
    root = options.checkout / "nki" if (options.checkout / "nki/api").is_dir() else options.checkout
    results = [(symbol, judge(symbol)) for symbol in documented(root / "api/nki")]
    for symbol, (status, remark) in results:
        if status != "implemented":
            print(f"{status:>11}  {symbol}{'  # ' + remark if remark else ''}")
    print(table(results), end="")
    if options.markdown:
        options.markdown.write_text(table(results), encoding="utf-8")
    return int(any(status in ("different", "missing") for _, (status, _) in results))


if __name__ == "__main__":
    sys.exit(main())

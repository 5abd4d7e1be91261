# SPDX-License-Identifier: Apache-2.0
"""The subset of Python that NKI's compiler takes inside of a kernel (docs/nki.md).

Refused is what AWS's documents name or leave no room for and no public kernel uses; --permissive or
TRAINYARD_PERMISSIVE=1 runs it all the same. A kernel is looked at once, before its first call, with
the functions of its module that it names: the compiler inlines them.
"""

import ast
import functools
import inspect
import os
import textwrap
import types

from trainyard import runs
from trainyard.faults import PACKAGE, PROGRAM, fault

WAY_OUT = "--permissive or TRAINYARD_PERMISSIVE=1 runs it all the same"
LANGUAGE_GUIDE = "NKI language guide"
CONTROL_FLOW = f"{LANGUAGE_GUIDE}, Control Flow: if, for and while"
VALUES = (f"{LANGUAGE_GUIDE}, NKI Values: None, bool, int, float, strings and tensors, in tuples, "
          "lists, dictionaries and NKIObjects")
DYNAMIC_LOOPS = "NKI dynamic loops guide"
MIGRATION = "NKI migration guide"

CONSTRUCTS = {
    ast.Try: ("try", CONTROL_FLOW, "test before, or assert"),
    ast.AsyncFunctionDef: ("async def", CONTROL_FLOW, "write a plain function"),
    ast.AsyncFor: ("async for", CONTROL_FLOW, "write a plain loop"),
    ast.AsyncWith: ("async with", CONTROL_FLOW, "write plain code"),
    ast.Await: ("await", CONTROL_FLOW, "call a plain function"),
    ast.Yield: ("yield", CONTROL_FLOW, "return a list"),
    ast.YieldFrom: ("yield from", CONTROL_FLOW, "return a list"),
    ast.Match: ("match", CONTROL_FLOW, "write if and elif"),
    ast.Set: ("a set", VALUES, "use a list or a tuple"),
    ast.SetComp: ("a set", VALUES, "use a list or a tuple"),
    ast.Global: ("global", f"{LANGUAGE_GUIDE}, Kernel Caching: kernels are pure functions",
                 "pass the value as an argument"),
}
if hasattr(ast, "TryStar"):
    CONSTRUCTS[ast.TryStar] = CONSTRUCTS[ast.Try]
VALUES_REFUSED = ("set", "frozenset", "bytes", "bytearray", "complex")
CLASS_BASES = ("NKIObject", "Enum", "IntEnum")
DYNAMIC = ("dynamic_range",)


def _last_name(node):
    """`loop` of nl.loop, of loop and of nl.loop(...)."""
    if isinstance(node, ast.Call):
        node = node.func
    return getattr(node, "attr", getattr(node, "id", ""))


def _names(node):
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _own(node):
    """The nodes of a function without those of functions inside of it."""
    inner = [ast.iter_child_nodes(node)]
    while inner:
        for child in inner.pop():
            yield child
            if not isinstance(child, (ast.FunctionDef, ast.Lambda)):
                inner.append(ast.iter_child_nodes(child))


class _Reader(ast.NodeVisitor):
    """Collects (line, construct, source, what to write instead) of one function."""

    def __init__(self, is_kernel):
        self.found, self._is_kernel, self._registers, self._bodies = [], is_kernel, [], {}

    def _note(self, node, construct, source, instead):
        self.found.append((node.lineno, construct, source, instead))

    def visit(self, node):
        known = CONSTRUCTS.get(type(node))
        if known is not None:
            self._note(node, *known)
        return super().visit(node)

    def visit_FunctionDef(self, node):
        kernel, self._is_kernel = self._is_kernel, False
        if kernel and node.args.kwonlyargs and node.args.vararg is None:
            self._note(node, "the separator * in a kernel's parameters",
                       f"{MIGRATION}, 0.2.0 to 0.3.0",
                       "leave it out; parameters with defaults last")
        bodies = {_last_name(call.args[2]) for call in ast.walk(node)
                  if isinstance(call, ast.Call) and _last_name(call) == "fori_loop"
                  and len(call.args) > 2 and isinstance(call.args[2], ast.Name)}
        self._bodies = {*self._bodies, *bodies}
        if node.name in self._bodies and not kernel:
            self._body_of_loop(node)
            return
        for statement in node.body:  # decorators, defaults and annotations are Python's
            self.visit(statement)

    def _body_of_loop(self, node):
        for inner in _own(node):
            if isinstance(inner, ast.Return) and inner.value is not None and not (
                    isinstance(inner.value, ast.Constant) and inner.value.value is None):
                self._note(inner, "a value returned by the body of nl.fori_loop",
                           f"{MIGRATION}, rules for migrated loops", "keep it in SBUF or HBM")
        self._with_register({arg.arg for arg in node.args.args[:1]}, node.body)

    def _with_register(self, names, statements):
        self._registers.append(names)
        for statement in statements:
            self.visit(statement)
        self._registers.pop()

    def visit_For(self, node):
        self.visit(node.iter)
        if _last_name(node.iter) in DYNAMIC and isinstance(node.iter, ast.Call):
            self._with_register(_names(node.target), node.body)
        else:
            for statement in node.body:
                self.visit(statement)
        for statement in node.orelse:
            self.visit(statement)

    def _decides(self, node):
        """The test of an if, while, assert or conditional expression."""
        test = node.test
        used = set().union(*self._registers) if self._registers else set()
        compared = [test] if isinstance(test, ast.Name) else [
            inner for inner in ast.walk(test) if isinstance(inner, ast.Compare)]
        directly = {side.id for inner in compared if isinstance(inner, ast.Compare)
                    for side in (inner.left, *inner.comparators) if isinstance(side, ast.Name)}
        directly |= {test.id} if isinstance(test, ast.Name) else set()
        if used & directly:
            name = min(used & directly)
            self._note(node, f"a decision by {name}, the register of a dynamic loop", DYNAMIC_LOOPS,
                       "use nl.static_range, or compute with it on the device")
        self.generic_visit(node)

    visit_If = visit_While = visit_Assert = visit_IfExp = _decides

    def visit_With(self, node):
        for item in node.items:
            if _last_name(item.context_expr) != "no_reorder":
                self._note(node, f"with {ast.unparse(item.context_expr)}", CONTROL_FLOW,
                           "the one block is nl.no_reorder()")
        self.generic_visit(node)

    def visit_ClassDef(self, node):
        if len(node.bases) != 1 or _last_name(node.bases[0]) not in CLASS_BASES:
            self._note(node, f"class {node.name} with other bases than NKIObject",
                       f"{LANGUAGE_GUIDE}, Class Support", f"class {node.name}(nl.NKIObject)")
        self.generic_visit(node)

    def visit_Dict(self, node):
        for key in node.keys:
            if isinstance(key, (ast.Constant, ast.Tuple)) and not isinstance(
                    getattr(key, "value", None), str):
                self._note(key, f"a dictionary with the key {ast.unparse(key)}",
                           f"{LANGUAGE_GUIDE}, NKI Values", "keys are strings")
                break
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, (bytes, complex)):
            self._note(node, f"the value {node.value!r}", VALUES, "use numbers and strings")

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id in VALUES_REFUSED:
            self._note(node, f"{node.func.id}()", VALUES, "use a list, a tuple or numbers")
        self.generic_visit(node)


def _found_in(function, is_kernel):
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return []  # without its source, or a lambda within a line
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if len(defined) != 1 or len(tree.body) != 1:
        return []
    reader = _Reader(is_kernel)
    reader.visit(defined[0])
    return sorted((first + line - 1, *rest) for line, *rest in reader.found)


def _called(function):
    """The functions of the same module that it names, and of those it names them."""
    seen, waiting = {function.__code__: function}, [function]
    while waiting:
        one = waiting.pop()
        codes = [one.__code__]
        while codes:
            code = codes.pop()
            codes += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
            for name in code.co_names:
                other = one.__globals__.get(name)
                other = getattr(other, "__wrapped__", other)
                if (isinstance(other, types.FunctionType) and other.__code__ not in seen
                        and other.__code__.co_filename == function.__code__.co_filename):
                    seen[other.__code__] = other
                    waiting.append(other)
    return list(seen.values())


@functools.lru_cache(maxsize=1024)
def _first_refused(function):
    for one in _called(function):
        for line, construct, source, instead in _found_in(one, one is function):
            return (f"{construct} inside of a kernel (in {one.__name__}) is not of NKI: {source}",
                    f"{instead}; {WAY_OUT}", (one.__code__.co_filename, line))
    return None


def permissive():
    return runs.permissive or os.environ.get("TRAINYARD_PERMISSIVE") == "1"


def check(function):
    """Raises Fault if the function has what NKI's compiler refuses."""
    if not isinstance(function, types.FunctionType) or permissive():
        return
    if function.__code__.co_filename.startswith(PACKAGE):  # the front of neuronxcc.nki
        return
    refused = _first_refused(inspect.unwrap(function))
    if refused is not None:
        rule, hint, place = refused
        raise fault(PROGRAM, rule, hint, place=place)

# SPDX-License-Identifier: Apache-2.0
"""What a kernel can see besides its arguments' elements, as a key that may be compared later.

A recorded Program may be replayed for a call whose key is equal. Functions count by their code,
defaults, closures and the globals they name, through all of the user's own functions and classes;
constants count by value. Whatever could change without the key noticing, such as a global list, is
NotKeyed: the kernel is then traced at each call.
"""

import dis
import enum
import functools
import types

import numpy as np

from trainyard import _core
from trainyard.nki.structure import children

# Packages whose functions give the same for the same arguments; others are the user's, or unsafe.
PURE = frozenset("trainyard numpy ml_dtypes math functools itertools operator enum dataclasses "
                 "typing types collections abc copy builtins numbers contextlib".split())
UNSAFE_BUILTINS = frozenset("print input open eval exec compile globals locals vars dir id "
                            "breakpoint __import__ getattr setattr delattr".split())
UNSAFE_OF_NUMPY = frozenset("random load loadtxt genfromtxt fromfile memmap save savez savetxt "
                            "empty empty_like printoptions set_printoptions".split())
DESCRIPTORS = (types.MemberDescriptorType, types.GetSetDescriptorType,
               types.WrapperDescriptorType)
BY_VALUE = (int, str, bytes, complex, type(None), type(Ellipsis), range)


class NotKeyed(Exception):
    """The kernel sees something that may change unnoticed."""


class Names:
    """The names that a code object and those inside it use."""

    def __init__(self, code):
        self.globals, self.attributes, self.pure = [], set(), True
        self._read(code)

    def _read(self, code):
        for instruction in dis.get_instructions(code):
            name = instruction.opname
            if name in ("LOAD_GLOBAL", "LOAD_NAME"):
                self.globals.append(instruction.argval)
            elif name in ("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR"):
                self.attributes.add(instruction.argval)
            elif name in ("IMPORT_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"):
                self.pure = False
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self._read(constant)


names_of = functools.lru_cache(maxsize=4096)(Names)


def _root(name):
    return (name or "").split(".")[0]


def _is_pure(thing):
    """Defined by a package of PURE."""
    return _root(getattr(thing, "__module__", None)) in PURE


class _Walk:
    """One walk over what a kernel sees; each function and class is visited once."""

    def __init__(self):
        self.seen = {}

    def key(self, value):
        if isinstance(value, BY_VALUE):
            return type(value), value
        if isinstance(value, float):
            return float, value.hex()  # tells -0.0 from 0.0, and NaN is itself
        if isinstance(value, (tuple, frozenset)):
            return type(value), tuple(map(self.key, value))
        if isinstance(value, (enum.Enum, np.dtype)):
            return type(value), value
        if isinstance(value, np.generic):
            return type(value), value.tobytes()
        return self._once(value)

    def _once(self, value):
        if id(value) in self.seen:
            return "again", self.seen[id(value)][0]
        self.seen[id(value)] = len(self.seen), value  # held, so that its id stays its own
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, types.ModuleType):
            return self._module(value)
        if isinstance(value, types.MethodType):
            return "method", self.key(value.__func__), self.key(value.__self__)
        if isinstance(value, functools.partial):
            return ("partial", self.key(value.func), self.key(value.args),
                    tuple((name, self.key(item)) for name, item in value.keywords.items()))
        if isinstance(value, types.BuiltinFunctionType) and _is_pure(value):
            if value.__name__ in UNSAFE_BUILTINS:
                raise NotKeyed(value.__name__)
            return "is", value
        if isinstance(value, _core.Tensor) or not _is_pure(type(value)):
            raise NotKeyed(type(value).__name__)
        if isinstance(getattr(value, "__wrapped__", None), types.FunctionType):  # a jitted function
            return type(value), self.key(value.__wrapped__)
        if _root(type(value).__module__) in ("trainyard", "typing", "types"):
            return "is", value
        if isinstance(value, np.ufunc):
            return "is", value
        raise NotKeyed(type(value).__name__)

    def _function(self, function):
        home = function.__globals__
        if _is_pure(function) and _root(home.get("__name__")) in PURE:
            return "is", function
        names = names_of(function.__code__)
        if not names.pure:
            raise NotKeyed(function.__name__)
        cells = []
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            try:
                cells.append((name, self._use(cell.cell_contents, names)))
            except ValueError:  # not yet set
                cells.append((name, None))
        seen = tuple((name, self._global(name, home, names)) for name in names.globals)
        return ("function", function.__code__, self.key(function.__defaults__),
                self._named(function.__kwdefaults__ or {}), tuple(cells), seen)

    def _named(self, items):
        return tuple((name, self.key(item)) for name, item in items.items())

    def _global(self, name, home, names):
        if name in home:
            return self._use(home[name], names)
        builtins = home.get("__builtins__", {})
        builtins = vars(builtins) if isinstance(builtins, types.ModuleType) else builtins
        if name in UNSAFE_BUILTINS:
            raise NotKeyed(name)
        return ("is", builtins[name]) if name in builtins else "missing"

    def _use(self, value, names):
        """A global or closure as a function with these names uses it."""
        if isinstance(value, types.ModuleType):
            return self._module(value, names.attributes)
        return self.key(value)

    def _module(self, module, attributes=frozenset()):
        root = _root(module.__name__)
        if root in PURE:
            if root == "numpy" and (attributes & UNSAFE_OF_NUMPY or "random" in module.__name__):
                raise NotKeyed(module.__name__)
            return "is", module
        if getattr(module, "__file__", None) is None or root in UNSAFE_MODULES:
            raise NotKeyed(module.__name__)
        held = vars(module)
        return ("module", module,
                tuple((name, self.key(held[name])) for name in sorted(attributes)
                      if name in held and not isinstance(held[name], types.ModuleType)),
                tuple((name, self._module(held[name], attributes)) for name in sorted(attributes)
                      if isinstance(held.get(name), types.ModuleType)))

    def _class(self, cls):
        if _is_pure(cls):
            return "is", cls
        members = []
        for base in cls.__mro__:
            if _is_pure(base):
                continue
            members.extend((name, self._member(value)) for name, value in vars(base).items()
                           if not self._is_bookkeeping(base, name, value))
        return "class", cls, tuple(members)

    @staticmethod
    def _is_bookkeeping(cls, name, value):
        if isinstance(value, (types.FunctionType, classmethod, staticmethod, property)):
            return False
        dunder = name.startswith("__") and name.endswith("__")
        return (isinstance(value, DESCRIPTORS) or dunder or name.startswith("_abc_")
                or isinstance(cls, enum.EnumMeta))  # the members of an enum are fixed

    def _member(self, value):
        if isinstance(value, (classmethod, staticmethod)):
            return self.key(value.__func__)
        if isinstance(value, property):
            return tuple(self.key(part) for part in (value.fget, value.fset, value.fdel))
        return self.key(value)


# With a file, yet neither the user's nor pure: their state is not seen.
UNSAFE_MODULES = frozenset("os sys time random datetime logging inspect importlib subprocess "
                           "threading socket uuid secrets tempfile torch jax pathlib gc "
                           "warnings json pickle".split())


def key_of_function(function):
    """Equal for calls that do the same with equal arguments. Raises NotKeyed."""
    return _Walk().key(function)


def key_of_arguments(value, leaf, walk=None):
    """`leaf` gives the key of an array; lists and objects count by what they hold now."""
    walk = walk or _Walk()
    items = children(value)
    if items is not None:
        return walk.key(type(value)), tuple((name, key_of_arguments(item, leaf, walk))
                                            for name, item in items)
    found = leaf(value)
    if found is not None:
        return found
    return (walk.key(type(value)), value) if isinstance(value, enum.Enum) else walk.key(value)

# SPDX-License-Identifier: Apache-2.0
"""NKIObject: plain classes whose fields are annotations and class attributes."""

import types


def _fields(cls):
    fields = {}
    for base in reversed(cls.__mro__):
        if base in (object, NKIObject):
            continue
        for name in vars(base).get("__annotations__", {}):
            fields.setdefault(name, None)
        for name, value in vars(base).items():
            skip = (types.FunctionType, property, classmethod, staticmethod, type)
            if not name.startswith("_") and not isinstance(value, skip):
                fields.setdefault(name, None)
    return [name for name in fields if not name.startswith("__")]


def _construct(self, *arguments, **named):
    fields = _fields(type(self))
    if len(arguments) > len(fields):
        raise TypeError(f"{type(self).__name__} has {len(fields)} fields, {len(arguments)} given")
    given = dict(zip(fields, arguments))
    for name, value in named.items():
        if name not in fields or name in given:
            raise TypeError(f"{type(self).__name__}: unexpected field '{name}'")
        given[name] = value
    for name in fields:
        default = getattr(type(self), name, None)
        if isinstance(default, types.MemberDescriptorType):
            default = None
        if type(default).__name__ == "Field" and hasattr(default, "default_factory"):
            default = default.default_factory()
        object.__setattr__(self, name, given.get(name, default))
    if hasattr(self, "__post_init__"):
        self.__post_init__()


class NKIObject:
    __init__ = _construct

    def __init_subclass__(cls, **named):
        super().__init_subclass__(**named)
        # An __init__ in the class itself is what @dataclass leaves in place only when asked to.
        if "__init__" not in vars(cls) and cls.__init__ is _construct:
            cls.__init__ = _construct

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name, None)!r}" for name in _fields(type(self)))
        return f"{type(self).__name__}({values})"

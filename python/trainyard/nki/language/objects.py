# SPDX-License-Identifier: Apache-2.0
"""NKIObject: plain classes whose fields are annotations and class attributes.

The constructor takes the fields in order or by name; a field without a value and without a default
is None. `@dataclass` on top keeps this constructor, a user's own `__init__` wins.
"""

import copy
import dataclasses
import types

NOT_FIELDS = (types.FunctionType, property, classmethod, staticmethod, type)


def _is_class_variable(annotation):
    return "ClassVar" in (annotation if isinstance(annotation, str) else repr(annotation))


def field_names(cls):
    """Annotations first, then plain class attributes; those of base classes before its own."""
    bases = [base for base in reversed(cls.__mro__) if base not in (object, NKIObject)]
    names = {}
    for base in bases:
        for name, annotation in vars(base).get("__annotations__", {}).items():
            if not _is_class_variable(annotation):
                names.setdefault(name)
    for base in bases:
        for name, value in vars(base).items():
            annotated = name in vars(base).get("__annotations__", {})
            if not (annotated or name.startswith("_") or isinstance(value, NOT_FIELDS)):
                names.setdefault(name)
    return list(names)


def _default(cls, name):
    """A value of the object's own: lists and the like are not shared by the objects of a class."""
    value = getattr(cls, "__dataclass_fields__", {}).get(name)
    if value is None:
        value = getattr(cls, name, None)
    if isinstance(value, dataclasses.Field):
        if value.default_factory is not dataclasses.MISSING:
            return value.default_factory()
        value = None if value.default is dataclasses.MISSING else value.default
    if isinstance(value, types.MemberDescriptorType):
        return None
    return copy.copy(value) if isinstance(value, (list, dict, set)) else value


def _construct(self, *arguments, **named):
    cls = type(self)
    fields = field_names(cls)
    if len(arguments) > len(fields):
        raise TypeError(f"{cls.__name__} has {len(fields)} fields, {len(arguments)} given")
    given = dict(zip(fields, arguments))
    for name, value in named.items():
        if name not in fields or name in given:
            raise TypeError(f"{cls.__name__}: unexpected field '{name}'")
        given[name] = value
    # What an __init__ of the user's has already set stays when it calls this one.
    kept = getattr(self, "__dict__", {})
    for name in fields:
        if name in given:
            object.__setattr__(self, name, given[name])
        elif name not in kept:
            object.__setattr__(self, name, _default(cls, name))
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _prepare_for_dataclass(cls):
    """@dataclass asks for defaults at the end, and for none that are mutable."""
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if _is_class_variable(annotation):
            continue
        if not hasattr(cls, name):
            setattr(cls, name, None)
        value = getattr(cls, name)
        if not isinstance(value, dataclasses.Field) and type(value).__hash__ is None:
            setattr(cls, name, dataclasses.field(default_factory=lambda v=value: copy.copy(v)))


class NKIObject:
    __init__ = _construct

    def __init_subclass__(cls, **named):
        super().__init_subclass__(**named)
        _prepare_for_dataclass(cls)
        # An __init__ in the class itself is what @dataclass leaves in place.
        if "__init__" not in vars(cls) and cls.__init__ is _construct:
            cls.__init__ = _construct

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name, None)!r}"
                           for name in field_names(type(self)))
        return f"{type(self).__name__}({values})"

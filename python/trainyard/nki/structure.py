# SPDX-License-Identifier: Apache-2.0
"""Arguments and results as trees: tuples, lists, dictionaries, NKIObjects and dataclasses."""

import dataclasses

from trainyard.nki.language.objects import NKIObject


def is_record(value):
    return isinstance(value, NKIObject) or (
        dataclasses.is_dataclass(value) and not isinstance(value, type))


def attributes_of(record):
    """What the object holds by name, slots included."""
    attributes = dict(getattr(record, "__dict__", {}))
    for name in getattr(type(record), "__dataclass_fields__", {}):
        if name not in attributes and hasattr(record, name):
            attributes[name] = getattr(record, name)
    return attributes


def _rebuilt(value, items):
    if isinstance(value, dict):
        return dict(items)
    if isinstance(value, (tuple, list)):
        values = [item for _, item in items]
        return type(value)(*values) if hasattr(value, "_fields") else type(value)(values)
    copy = object.__new__(type(value))
    for name, item in items:
        object.__setattr__(copy, name, item)
    return copy


def children(value):
    """(name, child) of a branch; None for a leaf."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (tuple, list)):
        return list(enumerate(value))
    if is_record(value):
        return list(attributes_of(value).items())
    return None


def map_leaves(value, change, open_branches=()):
    """The same tree with its leaves changed; branches without a changed leaf stay what they are."""
    items = children(value)
    if items is None:
        return change(value)
    if id(value) in open_branches:  # a tree that contains itself
        return value
    inside = (*open_branches, id(value))
    changed = [(name, map_leaves(item, change, inside)) for name, item in items]
    if all(new is old for (_, new), (_, old) in zip(changed, items)):
        return value
    return _rebuilt(value, changed)

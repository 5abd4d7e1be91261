# SPDX-License-Identifier: Apache-2.0
"""A family of measurements: rows that one way of running the model reproduces.

A module of `families/` has

    NAME        its name, as `--family` takes it
    SUMMARY     what is measured, in a few words, for the table
    FITTED      ids of the development rows that constants of machines/*.toml were read from
    knows(row)              whether the row is of this family: from its fields, never its id
    predict(row, lab)       the value of the row's metric in the row's unit
    note(row, lab)          may be left out: what a reader must know of a prediction, or None

`predict` raises NotModelled with the reason where the model has nothing to say. Rows that share a
run share it through the laboratory's cache.
"""

import importlib
import pkgutil

from trainyard.validate import families


class NotModelled(Exception):
    """Why a row has no prediction."""


def all_families(families=families):
    """The modules of a package of families, in the order of their names."""
    names = sorted(found.name for found in pkgutil.iter_modules(families.__path__))
    return [importlib.import_module(f"{families.__name__}.{name}") for name in names]


def family_of(row, known):
    """The family of a row, or None; a row that two claim is a defect of theirs."""
    claims = [family for family in known if family.knows(row)]
    if len(claims) > 1:
        names = ", ".join(family.NAME for family in claims)
        raise AssertionError(f"{row.id} is claimed by {names}")
    return claims[0] if claims else None

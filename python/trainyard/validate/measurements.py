# SPDX-License-Identifier: Apache-2.0
"""Published measurements, as rows of a CSV file with the columns of `Row`."""

import csv
import io
import math
from collections import Counter
from dataclasses import dataclass, fields

from trainyard.faults import USAGE, fault


@dataclass(frozen=True)
class Row:
    id: str        # unique in its file
    level: str     # instruction, kernel, collective, model, system
    hardware: str
    what: str
    config: str
    metric: str
    value: float   # in `unit`
    unit: str
    source: str
    notes: str


def columns_of(kind=Row):
    return [field.name for field in fields(kind)]


def read(path, kind=Row):
    """The rows of a file, in its order; a fault names the line that is not one.

    `kind`: a dataclass whose fields are the columns; `value` is a number, the others are text.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise fault(USAGE, f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fault(USAGE, f"{path}:{line}: byte {data[error.start]:#04x} is no UTF-8",
                    "save the file as CSV in UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        return list(_rows(path, reader, kind))
    except csv.Error as error:
        raise fault(USAGE, f"{path}:{reader.line_num + 1}: no CSV: {error}") from None


def _rows(path, reader, kind):
    columns = columns_of(kind)
    missing = [name for name in columns if name not in (reader.fieldnames or [])]
    if missing:
        raise fault(USAGE, f"{path}:1: no column {', '.join(missing)}",
                    f"the columns are {','.join(columns)}")
    twice = [name for name, count in Counter(reader.fieldnames).items() if count > 1]
    if twice:
        raise fault(USAGE, f"{path}:1: more than one column is called {', '.join(twice)}")
    seen = set()
    for cells in reader:
        place = f"{path}:{reader.line_num}"
        if None in cells or None in cells.values():
            raise fault(USAGE, f"{place}: not {len(reader.fieldnames)} cells",
                        "quote a cell that has a comma")
        try:
            value = float(cells["value"])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise fault(USAGE, f"{place}: the value {cells['value']!r} is no number")
        if not cells["id"] or cells["id"] in seen:
            raise fault(USAGE, f"{place}: the id {cells['id']!r} is empty or was there before")
        seen.add(cells["id"])
        yield kind(**{name: cells[name] for name in columns} | {"value": value})

# SPDX-License-Identifier: Apache-2.0
"""What `trainyard validate` tells: a table of families, and JSON with a line a row."""

import json
from collections import Counter
from dataclasses import dataclass

from trainyard.validate.measurements import Row
from trainyard.validate.statistics import Summary, error_of

HEADINGS = ["family", "measured", "rows", "modelled", "median", "mean", "90 %", "bias",
            "ratio", "spread", "worst"]

LEFT = (0, 1, HEADINGS.index("worst"))   # columns of words


@dataclass
class Outcome:
    """`predicted` in the row's unit, or None and the `reason`; a `note` on what was predicted."""

    row: Row
    family: str
    predicted: float | None = None
    reason: str | None = None
    note: str | None = None

    @property
    def error(self):
        return None if self.predicted is None else error_of(self.predicted, self.row)


def as_json(outcomes):
    """{"schema", "rows": [{id, family, predicted, unit, error, reason}], "notes": {id: text}}"""
    rows = [{"id": o.row.id, "family": o.family, "predicted": o.predicted, "unit": o.row.unit,
             "error": o.error, "reason": o.reason} for o in outcomes]
    notes = {o.row.id: o.note for o in outcomes if o.note}
    return json.dumps({"schema": "trainyard.validate.1", "rows": rows, "notes": notes}, indent=1)


def percent(value):
    return "" if value is None else f"{100 * value:.1f} %"


def points(value):
    return "" if value is None else f"{100 * value:.1f} points"


def number(value):
    return "" if value is None else f"{value:.3f}"


def lines_of(name, outcomes):
    """A family's lines of the table: one for relative errors, one for errors in points."""
    for of_points in (False, True):
        chosen = [o for o in outcomes if (o.row.unit == "%") == of_points]
        if not chosen:
            continue
        show = points if of_points else percent
        told = Summary({o.row.id: o.error for o in chosen if o.error is not None})
        worst = f"{show(told.worst_error)} {told.worst}" if told.worst else ""
        yield [name, "shares" if of_points else "times, rates, bytes", str(len(chosen)),
               str(told.rows), show(told.median), show(told.mean), show(told.p90), show(told.bias),
               *(2 * [""] if of_points else [number(told.ratio), number(told.spread)]), worst]


def table(outcomes):
    """Rows of cells, the headings first."""
    names = dict.fromkeys(o.family for o in outcomes)
    cells = [HEADINGS]
    for name in names:
        cells += lines_of(name, [o for o in outcomes if o.family == name])
    return cells


def counted(outcomes, field):
    """What rows say in a field, `reason` or `note`: family, text, how many."""
    counts = Counter((o.family, getattr(o, field)) for o in outcomes if getattr(o, field))
    return [(*key, count) for key, count in sorted(counts.items())]


def text(outcomes):
    cells = table(outcomes)
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) if i in LEFT else cell.rjust(width)
                       for i, (cell, width) in enumerate(zip(line, widths))).rstrip()
             for line in cells]
    for field, heading in (("reason", "not modelled:"), ("note", "modelled by other means:")):
        told = counted(outcomes, field)
        if told:
            lines += ["", heading]
            lines += [f"  {family}: {count} rows: {words}" for family, words, count in told]
    return "\n".join(lines)


def markdown(outcomes):
    cells = table(outcomes)
    ruler = ["---" if i in LEFT else "---:" for i in range(len(HEADINGS))]
    return "\n".join("| " + " | ".join(line) + " |" for line in [cells[0], ruler, *cells[1:]])

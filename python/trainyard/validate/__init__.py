# SPDX-License-Identifier: Apache-2.0
"""`trainyard validate`: the model against published measurements.

    measurements.py   the rows of a file of measurements
    family.py         what a family is: the rows that it knows, and what it predicts for them
    families/         one module a family; each is found by being there
    laboratory.py     runs a kernel on a machine and tells its time
    configuration.py  the small grammars of the rows' `config` text
    statistics.py     errors of a family
    report.py         the table, and the JSON
    sensitivity.py    which families feel it when a constant of a machine is moved
    command.py        the command line
"""

from trainyard.validate.command import main

__all__ = ["main"]

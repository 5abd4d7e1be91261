# SPDX-License-Identifier: Apache-2.0
"""How far a job's steps scatter about their median: the longest of its chips' steps.

The noise of a chip is of machines/reliability/large-clusters.toml, set by these rows and the other
percentiles of the same runs (docs/reliability.md): errors here are of a fit, not of a prediction.
"""

from trainyard import _core
from trainyard.validate.family import NotModelled
from trainyard.validate.scale.training import report_of

NAME = "jitter"
SUMMARY = "steps over their median"
FITTED = ()   # the noise's file says which: all rows of the development file

SHARES = {"step_time_p95_over_median": 0.95, "step_time_p99_over_median": 0.99}


def knows(row):
    return row.kind == "jitter"


def note(row, lab):
    return "of a fit: the noise was set by these runs"


def predict(row, lab):
    if row.metric not in SHARES:
        raise NotModelled(f"{row.metric} depends on how many steps were logged")
    step_s = report_of(row, lab)["step_s"]
    return _core.cluster_jitter(row.count("chips"), step_s, SHARES[row.metric])

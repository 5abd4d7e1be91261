# SPDX-License-Identifier: Apache-2.0
"""Requests served: time to the first token, per token after, tokens a second.

Logs of single requests, for which published rows name a repository, are not in the rows: what was
asked for and when is not known, so they have no prediction.
"""

from trainyard.validate.family import NotModelled
from trainyard.validate.scale import serving

NAME = "serving"
SUMMARY = "requests served"
FITTED = ()   # the profiles of machines/software/serving/ say which rows set them: 56 of 188


def knows(row):
    return row.kind == "serving" and "input fact" not in row.extra


def predict(row, lab):
    if "requests.jsonl" in row.extra:
        raise NotModelled("the log of requests is not in the row")
    return serving.metric_of(row, serving.report_of(row, lab))

# SPDX-License-Identifier: Apache-2.0
"""The simulated machine and the options, from `trainyard run` or the environment."""

import functools
import os

from trainyard import _core, runs
from trainyard.faults import USAGE, fault

MACHINES = {"trn1": "trn1", "inf2": "trn1", "gen2": "trn1", "trn2": "trn2", "gen3": "trn2",
            "trn3": "trn3", "gen4": "trn3"}


@functools.lru_cache(maxsize=8)
def _load(name):
    return _core.Machine(name)


def machine():
    if runs.machine:
        return _load(runs.machine)
    asked = os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE") or os.environ.get("NKI_NC_VERSION")
    if asked and asked not in MACHINES:
        raise fault(USAGE, f"'{asked}' is no platform", f"known: {', '.join(MACHINES)}")
    return _load(MACHINES[asked or "trn3"])


def new_session(kernel):
    session = _core.Session(machine(), numerics=runs.numerics or "exact", kernel=kernel,
                            precise_fp=os.environ.get("NKI_PRECISE_FP", "1") != "0",
                            mx_scale=os.environ.get("NKI_MX_SCALE", "documented"))
    # Kernels of 2.27 and 2.28 pass keywords that instructions no longer have.
    session.ignore_unknown_keywords = os.environ.get("NKI_IGNORE_UNKNOWN_KEYWORDS") == "1"
    return session


def session():
    current = _core.current_session_or_none()
    if current is None:
        raise fault(1, "outside of a kernel there is no core", "call it from an @nki.jit function")
    return current

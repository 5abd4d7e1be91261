# SPDX-License-Identifier: Apache-2.0
"""The simulated machine and the options, from `trainyard run` or the environment.

NKI_SIMULATOR=1 asks for what always happens here: a call of a jitted function is simulated.
"""

import functools
import os

from trainyard import _core, runs
from trainyard.faults import NOT_MODELLED, USAGE, fault

MACHINES = {"trn1": "trn1", "inf2": "trn1", "gen2": "trn1", "trn2": "trn2", "gen3": "trn2",
            "trn3": "trn3", "gen4": "trn3"}
PLATFORM_VARIABLES = ("NEURON_PLATFORM_TARGET_OVERRIDE", "NKI_NC_VERSION")
VARIABLES = ("NKI_PRECISE_FP", "NKI_MX_SCALE", "NKI_IGNORE_UNKNOWN_KEYWORDS")


@functools.lru_cache(maxsize=8)
def _load(name):
    return _core.Machine(name)


def machine():
    if runs.machine:
        return _load(runs.machine)
    for variable in PLATFORM_VARIABLES:
        asked = os.environ.get(variable)
        if asked and asked not in MACHINES:
            raise fault(USAGE, f"{variable}={asked}: there is no such platform",
                        f"one of {', '.join(MACHINES)}")
        if asked:
            return _load(MACHINES[asked])
    return _load("trn3")


def fingerprint():
    """All that makes two sessions different."""
    return machine(), runs.numerics, tuple(os.environ.get(name) for name in VARIABLES)


def new_session(kernel, world=None, rank=0, core=0):
    if os.environ.get("NKI_PRECISE_FP", "1") == "0":
        raise fault(NOT_MODELLED, "NKI_PRECISE_FP=0 (every tensor kept in float32) is not modelled "
                    "yet", "unset it: tensors then hold their own data types")
    session = _core.Session(machine(), numerics=runs.numerics or "exact", kernel=kernel,
                            mx_scale=os.environ.get("NKI_MX_SCALE", "documented"),
                            world=world, rank=rank, core=core)
    # Kernels of 2.27 and 2.28 pass keywords that instructions no longer have.
    session.ignore_unknown_keywords = os.environ.get("NKI_IGNORE_UNKNOWN_KEYWORDS") == "1"
    return session


def session():
    current = _core.current_session_or_none()
    if current is None:
        raise fault(1, "outside of a kernel there is no core", "call it from an @nki.jit function")
    return current

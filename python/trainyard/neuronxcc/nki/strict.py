# SPDX-License-Identifier: Apache-2.0
"""Functions refuse keywords that they do not have. Labels, and advice to the earlier compiler that
changes no value, are taken and not used."""

import functools
import inspect

from trainyard.faults import PROGRAM, fault

EVERYWHERE = ("name",)
ADVICE = {
    "ndarray": ("lazy_initialization",),
    "zeros": ("lazy_initialization",),
    "ones": ("lazy_initialization",),
    "full": ("lazy_initialization",),
    "affine_range": ("precise_schedule", "directives"),
    "sequential_range": ("precise_schedule", "directives"),
    "static_range": ("precise_schedule", "directives"),
    "jit": ("mode", "additional_compile_opt", "kernel_return", "experimental_flags",
            "show_compiler_tb", "enable_out_of_bound_check", "debug_kernel", "artifacts_dir",
            "save_neff_name", "save_trace_name"),
    "baremetal": ("additional_compile_opt", "artifacts_dir", "save_neff_name", "save_trace_name",
                  "debug_kernel", "experimental_flags", "show_compiler_tb", "kernel_return"),
    "benchmark": ("warmup", "iters", "device_count", "save_neff_name", "additional_compile_opt",
                  "artifacts_dir", "save_trace_name"),
    "profile": ("save_neff_name", "profile_nth", "additional_compile_opt", "overwrite"),
}
# Of nl on elements: how much of the free dimension one instruction takes.
ADVICE_ON_ELEMENTS = ("max_free_vec_size",)


def strict(function, name=None, advice=()):
    name = name or function.__name__
    own = inspect.signature(function).parameters
    ignored = {*EVERYWHERE, *ADVICE.get(name, ()), *advice} - set(own)

    @functools.wraps(function)
    def call(*arguments, **named):
        for keyword in named:
            if keyword not in own:
                if keyword not in ignored:
                    raise fault(PROGRAM, f"has no parameter '{keyword}'",
                                f"it takes {', '.join(sorted({*own, *ignored}))}", instruction=name)
                named = {key: value for key, value in named.items() if key not in ignored}
                return call(*arguments, **named)
        return function(*arguments, **named)

    return call

# SPDX-License-Identifier: Apache-2.0
"""The cases of the MX matmul tutorial, which the documentation and nki-samples both have.

Inputs, references, tolerance (5 % and 0.05) and the comparison's arguments are those of the
checkout's mx_toplevel.py; only its printing of the comparison and its compiler folder are replaced.
"""

import functools

import ml_dtypes
import numpy as np
from suite import Case, module, torch_xla_on_the_host


def compare(result, golden, rtol=5e-2, atol=5e-2):
    result, golden = result.astype(np.float32), golden.astype(np.float32)
    error = np.abs(result - golden).max()
    assert np.allclose(result, golden, rtol=rtol, atol=atol), f"largest error {error}"


def run(folder, function, *arguments, **named):
    torch_xla_on_the_host()
    tutorial = module(folder / "mx_toplevel.py")
    tutorial.compare_and_print_results = compare
    tutorial.setup_compiler_workdir = lambda _test_name: None
    np.random.seed(5)
    getattr(tutorial, function)(*arguments, **named)


def can_pack_scales(folder):
    return "pack_scales" in (folder / "mx_toplevel.py").read_text(encoding="utf-8")


def mx_cases(prefix, folder, older_keywords=False):
    e5m2, e4m3, fp4 = (ml_dtypes.float8_e5m2, ml_dtypes.float8_e4m3fn, ml_dtypes.float4_e2m1fn)
    offline, device, strided = ("run_offline_quantized_matmul_mx_test",
                                "run_on_device_quantize_matmul_mx_test", "run_copy_strided_test")
    rows = [("mx_device_e5m2", device, (e5m2, e5m2)), ("mx_device_fp4_e5m2", device, (fp4, e5m2)),
            ("mx_offline_e4m3", offline, (e4m3,)), ("mx_offline_e5m2", offline, (e5m2,)),
            ("mx_offline_fp4", offline, (fp4,)), ("mx_strided_copy", strided, (e5m2, True)),
            ("mx_strided_dma", strided, (e5m2, False))]
    if can_pack_scales(folder):
        rows += [("mx_packed_copy", strided, (e5m2, True, True)),
                 ("mx_packed_dma", strided, (e5m2, False, True))]
    for key, function, inputs in rows:
        yield Case(f"{prefix}:{key}", functools.partial(run, folder, function, *inputs),
                   needs="gen4", older_keywords=older_keywords)

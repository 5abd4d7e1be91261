# SPDX-License-Identifier: Apache-2.0
"""Runs the example kernels of a checkout unmodified and compares them with NumPy.

    trainyard run tests/public/docs_examples.py CHECKOUT

CHECKOUT: the nki folder of aws-neuron-sdk, or nki-samples (then its matrix multiplications).
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np

RNG = np.random.default_rng(5)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    loaded = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(loaded)
    return loaded


def close(result, expected, tolerance=1e-4):
    result, expected = np.asarray(result, np.float32), np.asarray(expected, np.float32)
    error = np.abs(result - expected).max()
    assert error <= tolerance * max(1.0, np.abs(expected).max()), f"largest error {error}"


def add(path, kernel):
    a, b = normal(128, 512), normal(128, 512)
    close(getattr(module(path), kernel)(a, b), a + b)


def transpose(path, dtype):
    x = (normal(16, 20 * 4) * 10).astype(dtype)
    result = module(path).tensor_transpose2D_kernel_(x, shape2D=(20, 4))
    close(result, x.reshape(16, 20, 4).swapaxes(1, 2).reshape(16, 80), 0)


def average(path, size):
    x, kernels = normal(16, 8, 8), module(path)
    close(kernels.tensor_avgpool_kernel(x, size), kernels.np_average_pool_2D(x, size))


def mamba(path, kernel):
    b, c, s, n = 1, 256, 512, 4  # mamba_v3 takes tiles of 512
    delta, u, A, B, C = (normal(*x) for x in ((b, c, s), (b, c, s), (c, n), (b, n, s), (b, n, s)))
    delta, A = np.abs(delta) * 0.1, -np.abs(A)
    state, out = np.zeros((b, c, n)), np.zeros((b, c, s))
    for t in range(s):
        step = delta[:, :, t, None]
        state = np.exp(step * A) * state + step * u[:, :, t, None] * B[:, None, :, t]
        out[:, :, t] = (state * C[:, None, :, t]).sum(-1)
    close(getattr(module(path), kernel)(delta, u, A, B, C), out, 1e-3)


def matmul(path, kernel, shape):
    k, m, n = shape
    a, b = normal(k, m), normal(k, n)
    close(getattr(module(path), kernel)(a, b), a.T @ b, 2e-2)


def cases(root):
    matrix = next(root.rglob("matrix_multiplication_nki_kernels.py"))
    for name, shape in (("nki_matmul_basic_", (128, 64, 512)),
                        ("nki_matmul_tiled_", (256, 256, 1024)),
                        ("nki_matmul_hoist_load_", (256, 256, 1024)),
                        ("nki_matmul_block_free_dimension_", (256, 256, 1024))):
        yield name, matmul, (matrix, name, shape)
    examples = root / "examples"
    if not examples.is_dir():
        return
    for file, kernel in (("tensor_addition/tensor_addition_nki_kernels.py", "nki_tensor_add"),
                         ("simulate/nki_simulate_example.py", "add_kernel")):
        yield kernel, add, (examples / file, kernel)
    for dtype in (np.float32, np.int8):
        yield f"transpose2d {dtype.__name__}", transpose, (
            examples / "transpose2d/transpose2d_nki_kernels.py", dtype)
    for size in (2, 4):
        yield f"average_pool2d {size}", average, (
            examples / "average_pool2d/average_pool2d_nki_kernels.py", size)
    for kernel in ("mamba_v1", "mamba_v2", "mamba_v3"):
        yield kernel, mamba, (examples / "fused_mamba/mamba_nki_kernels.py", kernel)


def main():
    failed = 0
    for name, check, inputs in cases(Path(sys.argv[1])):
        try:
            check(*inputs)
            print(f"{name}: passed")
        except Exception as error:
            failed += 1
            print(f"{name}: FAILED: {type(error).__name__}: {str(error)[:300]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

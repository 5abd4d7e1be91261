# SPDX-License-Identifier: Apache-2.0
"""Runs the example kernels of the NKI documentation and compares them with their references.

    trainyard run [--machine trn2] tests/public/docs_examples.py CHECKOUT [--markdown FILE]

CHECKOUT: aws-neuron-sdk (or its folder nki). Where a kernel's folder has a reference, inputs and a
tolerance, those are used (PyTorch, on the host); elsewhere NumPy, exactly or within 2 % of the
largest value in bfloat16.
"""

import functools
import sys

import numpy as np
import torch
from mx_tutorial import mx_cases
from suite import Case, main, module, torch_xla_on_the_host


def equal(result, expected):
    np.testing.assert_array_equal(np.asarray(result), np.asarray(expected))


def close(expected, result, atol, rtol):
    assert torch.allclose(expected, result, atol=atol, rtol=rtol), (
        f"largest error {(expected.double() - result.double()).abs().max().item():.3g}")


def uniform(*shape):
    torch.manual_seed(5)
    return torch.rand(shape, dtype=torch.bfloat16)


def average_pool(folder, size, height):
    kernels = module(folder / "average_pool2d/average_pool2d_nki_kernels.py")
    x = np.arange(2 * height * height, dtype=np.float16).reshape(2, height, height)
    equal(kernels.tensor_avgpool_kernel(x, size), kernels.np_average_pool_2D(x, size))


def baremetal_add(folder):
    kernel = module(folder / "getting_started_baremetal.py").nki_tensor_add_kernel
    rng = np.random.default_rng(5)
    for a, b in ((np.ones((4, 3)), np.ones((4, 3))), rng.standard_normal((2, 128, 512))):
        a, b = a.astype(np.float16), b.astype(np.float16)
        equal(kernel(a, b), a + b)


def exp_tile(folder):
    kernel = module(folder / "layout-pass.py").tensor_exp_kernel_
    x = torch.as_tensor(np.random.default_rng(5).standard_normal((128, 512))).bfloat16()
    expected = np.exp(x.double().numpy())
    error = np.abs(kernel(x).double().numpy() - expected).max()
    assert error <= 0.02 * expected.max(), f"largest error {error}"


def mamba(folder, version):
    torch_xla_on_the_host()
    kernels = module(folder / "fused_mamba/mamba_nki_kernels.py")
    layer = module(folder / "fused_mamba/mamba_torch.py").mamba_layer
    batch, length, channels, states = 1, 512, 256, 16
    kernel = getattr(kernels, f"mamba_{version}")
    for random in (False, True):  # its own inputs are all ones
        generator = torch.Generator().manual_seed(5)

        def values(*shape):
            return torch.rand(shape, generator=generator) if random else torch.ones(shape)

        delta, u = values(batch, channels, length), values(batch, channels, length)
        A, B, C = -values(channels, states), values(batch, states, length), values(
            batch, states, length)
        first = kernels.mamba_v1(delta, u, A, B, C)
        result = first if version == "v1" else kernel(delta, u, A, B, C)
        close(layer(delta, A, B, u, C), result, 1e-2, 1e-2)
        assert torch.equal(result, first), "differs from v1"


def basic_matmul(file):
    kernel, lhs, rhs = module(file).nki_matmul_basic_, uniform(64, 128), uniform(128, 512)
    close(torch.matmul(lhs, rhs), kernel(lhs.T, rhs), 1e-4, 1e-2)


@functools.cache
def product(shape):
    m, k, n = shape
    both = uniform(m * k + k * n)
    lhs, rhs = both[:m * k].reshape(m, k), both[m * k:].reshape(k, n)
    return lhs, rhs, torch.matmul(lhs, rhs)


def matmul(file, name, shape, **parameters):
    lhs, rhs, expected = product(shape)
    result = getattr(module(file), name)(lhs.T, rhs, **parameters)
    close(expected, result, 1e-4, 1e-2)


def matmul_cases(prefix, file, small, older_keywords=False):
    """The five kernels of the tutorial, at the sizes of its PyTorch script unless small."""
    shape = (512, 512, 1024) if small else (4096, 1024, 2048)
    blocks = {"TILES_IN_BLOCK_M": 2, "TILES_IN_BLOCK_K": 2} if small else {}
    yield Case(f"{prefix}:matmul_basic", lambda: basic_matmul(file), older_keywords=older_keywords)
    for key, name, parameters in (("matmul_block", "nki_matmul_block_free_dimension_", {}),
                                  ("matmul_hoist", "nki_matmul_hoist_load_", {}),
                                  ("matmul_tiled", "nki_matmul_tiled_", {}),
                                  ("matmul_optimized", "nki_matmul_fully_optimized_", blocks)):
        yield Case(f"{prefix}:{key}", functools.partial(matmul, file, name, shape, **parameters),
                   older_keywords=older_keywords)


def simulate_add(folder):
    np.random.seed(5)
    module(folder / "simulate/nki_simulate_example.py")  # runs and compares as it is imported


def split_columns(folder):
    kernel = module(folder / "index-case-1.py").tensor_split_kernel_
    for shape in ((4, 5), (128, 64)):
        x = torch.arange(shape[0] * shape[1], dtype=torch.bfloat16).reshape(shape)
        even, odd = kernel(x)
        assert torch.equal(even, x[:, 0::2]) and torch.equal(odd, x[:, 1::2])


def tensor_addition(folder):
    kernel = module(folder / "tensor_addition/tensor_addition_nki_kernels.py").nki_tensor_add
    a, b = np.random.default_rng(5).standard_normal((2, 256, 1024)).astype(np.float32)
    equal(kernel(a, b), a + b)


def transpose2d(folder, dtype, p, x, y):
    kernel = module(folder / "transpose2d/transpose2d_nki_kernels.py").tensor_transpose2D_kernel_
    a = np.random.default_rng(5).integers(-100, 100, (p, x * y)).astype(dtype)
    equal(kernel(a, (x, y)), np.transpose(a.reshape(p, x, y), (0, 2, 1)).reshape(p, x * y))


def cases(options):
    root = options.checkout
    root = root / "nki" if (root / "nki/examples").is_dir() else root
    folder = root / "examples"
    for size, height in ((2, 6), (4, 8)):
        yield Case(f"docs:avgpool_{size}", functools.partial(average_pool, folder, size, height))
    yield Case("docs:baremetal_add", lambda: baremetal_add(folder))
    yield Case("docs:exp_tile", lambda: exp_tile(folder))
    for version in ("v1", "v2", "v3"):
        yield Case(f"docs:mamba_{version}", functools.partial(mamba, folder, version))
    yield from matmul_cases(
        "docs", folder / "matrix_multiplication/matrix_multiplication_nki_kernels.py",
        options.small)
    yield from mx_cases("docs", root / "deep-dives/src/mxfp-matmul")
    yield Case("docs:simulate_add", lambda: simulate_add(folder))
    yield Case("docs:split_columns", lambda: split_columns(folder))
    yield Case("docs:tensor_addition", lambda: tensor_addition(folder))
    yield Case("docs:transpose2d_f32", lambda: transpose2d(folder, np.float32, 5, 37, 44))
    yield Case("docs:transpose2d_i8", lambda: transpose2d(folder, np.int8, 5, 3, 4))


if __name__ == "__main__":
    sys.exit(main("docs-examples", __doc__.splitlines()[0], cases))

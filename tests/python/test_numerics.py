# SPDX-License-Identifier: Apache-2.0
"""Conversions between element types, as a DMA copy and a tensor copy do them, against ml_dtypes."""

import numpy as np
import pytest
from cases import COUNT, MACHINE, SEED
from reference import dma, elementwise
from reference.formats import DTYPES, WORDS, is_integer, same, to_float32
from trainyard import _core

NARROW = [name for name, kind in DTYPES.items() if kind.itemsize < 4 and not name.endswith("_x4")]
TARGETS = [name for name in DTYPES if not name.endswith("_x4")]


def converted(values, source, target, instruction):
    """`values` (128, n) of `source` as `target`."""
    session = _core.Session(MACHINE)
    session.enter()
    try:
        words = np.ascontiguousarray(values).view(WORDS[values.dtype.itemsize]).copy()
        src = session.input(words, values.shape, source, "src")
        if instruction == "tensor_copy":
            staged = session.ndarray(values.shape, source, "sbuf", "staged")
            _core.isa.dma_copy(dst=staged, src=src)
            src = staged
        dst = session.ndarray(values.shape, target, "sbuf", "dst")
        getattr(_core.isa, instruction)(dst=dst, src=src)
        return np.frombuffer(bytes(session.read(dst)[0]), DTYPES[target]).reshape(values.shape)
    finally:
        session.exit()


def assert_equal(values, source, target, instruction):
    got = converted(values, source, target, instruction)
    read = dma.dma_copy if instruction == "dma_copy" else elementwise.tensor_copy
    want = read(values, target)
    ok = same(got, want)
    if is_integer(target) and values.dtype.kind not in "iu":
        ok |= np.isnan(to_float32(values))     # no document says which integer a NaN is
    if not ok.all():
        at = tuple(np.argwhere(~ok)[0])
        word = np.ascontiguousarray(values).view(WORDS[values.dtype.itemsize])[at]
        raise AssertionError(f"{source} {word:#x} ({values[at]!r}) becomes {target} {got[at]!r}, "
                             f"reference {want[at]!r}; {int((~ok).sum())} of {ok.size} differ")


@pytest.mark.parametrize("instruction", ["dma_copy", "tensor_copy"])
@pytest.mark.parametrize("source", NARROW)
def test_every_pattern_of_8_and_16_bits_converts_as_ml_dtypes_says(source, instruction):
    word = WORDS[DTYPES[source].itemsize]
    patterns = np.arange(np.iinfo(word).max + 1, dtype=np.uint32).astype(word)
    values = patterns.view(DTYPES[source]).reshape(128, -1)
    for target in TARGETS:
        assert_equal(values, source, target, instruction)


def near_ties(rng, target):
    """float32 values on, just above and just below the middle of two neighbours of `target`."""
    word = WORDS[DTYPES[target].itemsize]
    pattern = rng.integers(0, np.iinfo(word).max, 8192, np.uint64, endpoint=True).astype(word)
    with np.errstate(all="ignore"):
        low = pattern.view(DTYPES[target]).astype(np.float64)
        high = (pattern + word(1)).astype(word).view(DTYPES[target]).astype(np.float64)
        middle = ((low + high) / 2).astype(np.float32)
        return np.concatenate([np.nextafter(middle, np.float32(-np.inf)), middle,
                               np.nextafter(middle, np.float32(np.inf)), low.astype(np.float32)])


@pytest.mark.parametrize("instruction", ["dma_copy", "tensor_copy"])
@pytest.mark.parametrize("target", TARGETS)
def test_float32_converts_with_one_rounding_to_nearest_even(target, instruction):
    print(f"seed {SEED}")
    rng = np.random.default_rng([SEED, TARGETS.index(target)])
    for _ in range(max(1, COUNT // 20)):
        bits = rng.integers(0, 0xFFFFFFFF, 32768, np.uint32, endpoint=True)
        bits[:2048] &= np.uint32(0x807FFFFF)                  # denormal numbers and zeros
        bits[2048:2056] = [0, 1 << 31, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00001, 0x7F7FFFFF,
                           1]
        values = np.concatenate([bits.view(np.float32), near_ties(rng, target)])
        assert_equal(values.reshape(128, -1), "float32", target, instruction)


def test_tfloat32_keeps_ten_bits_of_the_fraction_rounded_to_nearest_even():
    rng = np.random.default_rng(SEED)
    bits = rng.integers(0, 0xFFFFFFFF, (128, 256), np.uint32, endpoint=True)
    bits[0, :5] = [0x3F801000, 0x3F803000, 0x7F7FFFFF, 0x00000FFF, 0x00001001]
    wide = bits.astype(np.uint64)
    want = ((wide + 0xFFF + ((wide >> 13) & 1)) & 0xFFFFE000).astype(np.uint32)
    session = _core.Session(MACHINE)
    session.enter()
    try:
        dst = session.ndarray(bits.shape, "tfloat32", "sbuf")
        _core.isa.dma_copy(dst=dst, src=session.input(bits, bits.shape, "float32", "src"))
        got = np.frombuffer(bytes(session.read(dst)[0]), np.uint32).reshape(bits.shape)
    finally:
        session.exit()
    nan = np.isnan(bits.view(np.float32))
    assert (np.isnan(got.view(np.float32)) == nan).all()
    assert (got[~nan] == want[~nan]).all()


@pytest.mark.parametrize("instruction", ["dma_copy", "tensor_copy"])
@pytest.mark.parametrize("source", ["int32", "uint32"])
def test_words_convert_as_numpy_says(source, instruction):
    print(f"seed {SEED}")
    rng = np.random.default_rng([SEED, 99])
    bits = rng.integers(0, 0xFFFFFFFF, 65536, np.uint32, endpoint=True)
    bits >>= rng.integers(0, 32, 65536, np.uint32)
    bits[:8] = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x01000001, 0x01000003, 0x7FFFFFC0]
    values = bits.astype(np.uint32).view(DTYPES[source]).reshape(128, -1)
    for target in TARGETS:
        assert_equal(values, source, target, instruction)

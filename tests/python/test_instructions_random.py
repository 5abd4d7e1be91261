# SPDX-License-Identifier: Apache-2.0
"""Random numbers. No document gives their sequence: what holds for any sequence is checked, and
that ours is the XORWOW of the NumPy reading."""

import numpy as np
import pytest
from cases import MACHINE, SEED, check, partitions_and_start
from reference.formats import DTYPES, FLOATS, INTEGERS
from trainyard import _core

isa = _core.isa
COUNTS = [1, 2, 3, 8, 33, 64]


def size_of(case):
    partitions, start = partitions_and_start(case.rng)
    return partitions, int(case.rng.choice(COUNTS)), start


def any_engine(case):
    return str(case.rng.choice(["vector", "gpsimd"]))


def set_rng_seed(case):
    values = case.rng.integers(0, 2**32, (1, 1), np.uint32)
    dtype = str(case.rng.choice(["int32", "uint32", "float32"]))
    seed = case.tile("seed", (1, 1), dtype, values=values.view(DTYPES[dtype]), plain=True,
                     start=int(case.rng.choice([0, 32, 64, 96])), buffer=case.space())
    case.call("set_rng_seed", src_seeds=seed)
    case.random_state.set_rng_seed(int(values[0, 0]))


def rand_set_state(case):
    engine, (partitions, start) = any_engine(case), partitions_and_start(case.rng)
    words = {"gpsimd": 6, "vector": 24}[engine]
    seeds = case.tile("seeds", (partitions, words), "uint32", mode="bits", start=start)
    case.call("rand_set_state", src_seeds=seeds, engine=engine)
    case.random_state.rand_set_state(engine, seeds.values)


def rand_get_state(case):
    engine, (partitions, start) = any_engine(case), partitions_and_start(case.rng)
    words = {"gpsimd": 6, "vector": 24}[engine]
    if case.rng.random() < 0.3:
        rand_set_state(case)
    dst = case.tile("dst", (partitions, words), "uint32", start=start, read_only=False,
                    buffer=case.space(0.25 if engine == "vector" else 0))
    case.call("rand_get_state", dst=dst, engine=engine)
    case.expect(dst, case.random_state.rand_get_state(engine, partitions))


def reseed(case):
    """Sometimes; else the words go on where those before ended."""
    way = case.rng.random()
    if way < 0.2:
        set_rng_seed(case)
    elif way < 0.4:
        rand_set_state(case)


def rng(case):
    (partitions, n, start), engine = size_of(case), any_engine(case)
    reseed(case)
    dtype = str(case.rng.choice(INTEGERS))
    for name in ["dst", "next"][:int(case.rng.integers(1, 3))]:
        dst = case.tile(name, (partitions, n), dtype, start=start, read_only=False,
                        buffer=case.space(0.25 if engine == "vector" else 0))
        case.call("rng", dst=dst, engine=engine)
        case.expect(dst, case.random_state.rng(engine, partitions, n, DTYPES[dtype]))


def rand2(case):
    partitions, n, start = size_of(case)
    reseed(case)
    dtype = str(case.rng.choice([t for t in FLOATS + INTEGERS if t != "float8_e4m3fn"]))
    dst = case.tile("dst", (partitions, n), dtype, start=start, read_only=False,
                    buffer=case.space())
    (low, below), (high, above) = (case.operand(name, partitions, start=start)
                                   for name in ("min", "max"))
    if isinstance(low, float) and isinstance(high, float):
        low, high = below, above = min(low, high), max(low, high) + 1.0
    case.call(dst=dst, min=low, max=high)
    case.expect(dst, case.random_state.rand2(partitions, n, below, above, dtype))


def dropout(case):
    partitions, n, start = size_of(case)
    reseed(case)
    dtype = str(case.rng.choice(FLOATS + INTEGERS))
    data = case.tile("data", (partitions, n), dtype, start=start, buffer=case.space())
    dst = case.tile("dst", (partitions, n), dtype, start=start, read_only=False,
                    buffer=case.space())
    shares = case.rng.random((partitions, 1)).astype(np.float32)
    prob = share = float(case.rng.choice([0.0, 0.25, 1.0, shares[0, 0]]))
    if case.rng.random() < 0.5:
        prob = case.tile("prob", (partitions, 1), "float32", values=shares, plain=True,
                         start=start)
        share = prob.values
    case.call(dst=dst, data=data, prob=prob)
    case.expect(dst, case.random_state.dropout(data.values, share))


GENERATORS = [rng, rand2, dropout, rand_get_state]


@pytest.mark.parametrize("generate", GENERATORS, ids=lambda g: g.__name__)
def test_reading(generate):
    check(generate.__name__, generate)


class Kernel:
    """Tiles of one session, by value."""

    def __enter__(self):
        self.session = _core.Session(MACHINE)
        self.session.enter()
        return self

    def __exit__(self, *_):
        self.session.exit()

    def tile(self, shape, dtype, values=None):
        made = self.session.ndarray(shape, dtype, "sbuf")
        if values is not None:
            values = np.ascontiguousarray(np.broadcast_to(np.asarray(values, DTYPES[dtype]), shape))
            words = values.view(f"u{values.dtype.itemsize}").copy()
            isa.dma_copy(dst=made, src=self.session.input(words, shape, dtype, "values"))
        return made

    def values(self, tile, shape, dtype):
        return np.frombuffer(bytes(self.session.read(tile)[0]), DTYPES[dtype]).reshape(shape)


def draw(seed, shape=(128, 256)):
    with Kernel() as k:
        isa.set_rng_seed(src_seeds=k.tile((1, 1), "uint32", seed))
        first, second = (k.tile(shape, "uint32") for _ in range(2))
        isa.rng(dst=first, engine="vector")
        isa.rng(dst=second, engine="vector")
        return k.values(first, shape, "uint32"), k.values(second, shape, "uint32")


def test_the_same_seed_gives_the_same_words_and_the_next_words_differ():
    first, second = draw(SEED)
    again, _ = draw(SEED)
    other, _ = draw(SEED + 1)
    assert (first == again).all()
    assert (first != second).any() and (first != other).any()


def test_every_bit_of_rng_is_a_fair_coin():
    words, _ = draw(SEED)
    for bit in range(32):
        share = ((words >> np.uint32(bit)) & 1).mean()
        assert abs(share - 0.5) < 0.02, f"seed {SEED}: bit {bit} is set in {share:.3f}"


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32"])
def test_rng_keeps_the_low_bits_of_a_narrow_type(dtype):
    with Kernel() as k:
        seeds = k.tile((1, 1), "uint32", SEED)
        wide, narrow = k.tile((128, 64), "uint32"), k.tile((128, 64), dtype)
        isa.set_rng_seed(src_seeds=seeds)
        isa.rng(dst=wide, engine="vector")
        isa.set_rng_seed(src_seeds=seeds)
        isa.rng(dst=narrow, engine="vector")
        words = k.values(wide, (128, 64), "uint32")
        got = k.values(narrow, (128, 64), dtype)
    assert (got == words.astype(DTYPES[dtype])).all()


def test_rand2_is_uniform_between_its_bounds():
    with Kernel() as k:
        isa.set_rng_seed(src_seeds=k.tile((1, 1), "uint32", SEED))
        dst = k.tile((128, 512), "float32")
        isa.rand2(dst=dst, min=-3.0, max=5.0)
        values = k.values(dst, (128, 512), "float32")
    assert values.min() >= -3 and values.max() <= 5
    assert abs(values.mean() - 1) < 0.05
    counts, _ = np.histogram(values, bins=16, range=(-3, 5))
    assert abs(counts / values.size - 1 / 16).max() < 0.005


@pytest.mark.parametrize("engine, words", [("gpsimd", 6), ("vector", 24)])
def test_a_state_that_is_put_back_repeats_the_words(engine, words):
    rng = np.random.default_rng(SEED)
    with Kernel() as k:
        seeds = rng.integers(1, 2**32, (128, words), np.uint32)
        isa.rand_set_state(src_seeds=k.tile((128, words), "uint32", seeds), engine=engine)
        state = k.tile((128, words), "uint32")
        first, second = (k.tile((128, 32), "uint32") for _ in range(2))
        isa.rand_get_state(dst=state, engine=engine)
        isa.rng(dst=first, engine=engine)
        isa.rand_set_state(src_seeds=state, engine=engine)
        isa.rng(dst=second, engine=engine)
        assert (k.values(state, (128, words), "uint32") == seeds).all()
        assert (k.values(first, (128, 32), "uint32") == k.values(second, (128, 32), "uint32")).all()


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_dropout_zeroes_the_given_share_and_keeps_the_rest(probability):
    rng = np.random.default_rng(SEED)
    values = rng.standard_normal((128, 512)).astype(np.float32)
    with Kernel() as k:
        isa.set_rng_seed(src_seeds=k.tile((1, 1), "uint32", SEED))
        data, dst = k.tile((128, 512), "float32", values), k.tile((128, 512), "float32")
        isa.dropout(dst=dst, data=data, prob=probability)
        got = k.values(dst, (128, 512), "float32")
    dropped = got == 0
    assert ((got == values) | dropped).all()
    assert abs(dropped.mean() - probability) < 0.01
    if probability in (0.0, 1.0):
        assert dropped.all() if probability else not dropped.any()

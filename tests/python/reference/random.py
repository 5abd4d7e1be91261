# SPDX-License-Identifier: Apache-2.0
"""The random engines: XORWOW (Marsaglia 2003), one generator of six words in each lane of GpSimd,
four that take turns in each of VectorE. How lanes are seeded is ours: Philox4x32-10."""

import numpy as np

from .formats import bits, from_float32

LANES, LANE_WORDS, GENERATOR_WORDS = 128, 24, 6
GENERATORS = {"vector": 4, "gpsimd": 1}
u32, u64 = np.uint32, np.uint64


def philox(counter, key):
    """counter (..., 4), key (2,), both uint32."""
    c = np.asarray(counter, u32)
    key = [int(k) for k in key]
    for _ in range(10):
        p0, p1 = c[..., 0].astype(u64) * u64(0xD2511F53), c[..., 2].astype(u64) * u64(0xCD9E8D57)
        high0, high1 = (p0 >> u64(32)).astype(u32), (p1 >> u64(32)).astype(u32)
        c = np.stack([high1 ^ c[..., 1] ^ u32(key[0]), p1.astype(u32),
                      high0 ^ c[..., 3] ^ u32(key[1]), p0.astype(u32)], -1)
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def seeded(seed):
    """The state of all lanes from one word."""
    counter = np.zeros((LANES, LANE_WORDS // 4, 4), u32)
    counter[..., 0] = np.arange(LANE_WORDS // 4)
    counter[..., 1] = np.arange(LANES)[:, None]
    return philox(counter, (seed, 0)).reshape(LANES, LANE_WORDS)


class Engines:
    """The random state of a core."""

    def __init__(self):
        self.states = {name: np.zeros((LANES, LANE_WORDS), u32) for name in GENERATORS}

    def state(self, engine):
        """Lanes whose shift register is all 0 were never seeded: they get seed 0."""
        state = self.states[engine]
        empty = ~state[:, :GENERATOR_WORDS - 1].any(axis=1)
        state[empty] = seeded(0)[empty]
        return state

    def set_rng_seed(self, word):
        self.states["vector"] = seeded(word)

    def rand_set_state(self, engine, words):
        self.states[engine][:words.shape[0], :words.shape[1]] = words

    def rand_get_state(self, engine, partitions):
        words = GENERATORS[engine] * GENERATOR_WORDS
        return self.state(engine)[:partitions, :words].copy()

    def words(self, engine, partitions, count):
        """The next words of the first lanes: (partitions, count)."""
        generators = GENERATORS[engine]
        used = self.state(engine)[:partitions, :generators * GENERATOR_WORDS]
        state = used.reshape(partitions, generators, GENERATOR_WORDS)   # may be a copy
        out = np.empty((partitions, count), u32)
        for first in range(0, count, generators):
            n = min(generators, count - first)
            s = state[:, :n]
            t = s[..., 0] ^ (s[..., 0] >> u32(2))
            last = (s[..., 4] ^ (s[..., 4] << u32(4))) ^ (t ^ (t << u32(1)))
            s[..., :4] = s[..., 1:5].copy()
            s[..., 4] = last
            s[..., 5] += u32(362437)
            out[:, first:first + n] = last + s[..., 5]
        used[...] = state.reshape(partitions, -1)
        return out

    def uniform(self, engine, partitions, count):
        """In [0, 1), of the upper 24 bits."""
        words = self.words(engine, partitions, count)
        return (words >> u32(8)).astype(np.float32) * np.float32(2.0**-24)

    def rng(self, engine, partitions, count, dtype):
        words = self.words(engine, partitions, count)
        return words.astype(f"u{np.dtype(dtype).itemsize}").view(dtype)

    def rand2(self, partitions, count, low, high, dtype):
        low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
        with np.errstate(all="ignore"):
            return from_float32(low + self.uniform("vector", partitions, count) * (high - low),
                                dtype)

    def dropout(self, values, probability):
        out = values.copy()
        with np.errstate(invalid="ignore"):
            dropped = self.uniform("vector", *values.shape) < np.asarray(probability, np.float32)
        bits(out)[dropped] = 0
        return out

# SPDX-License-Identifier: Apache-2.0
"""Causal flash attention on one NeuronCore at the head shapes of Llama-3-8B.

    trainyard run --machine trn3 flash_attention.py [--sequence 2048] [--heads 32]

32 query heads of 128 share 8 key/value heads in groups of 4. The scores of a query tile are made
512 keys at a time and never leave the core: a running maximum and a running sum rescale what has
been summed so far (Dao et al., FlashAttention-2, arXiv 2307.08691).
"""

import argparse

import ml_dtypes
import numpy as np

import nki
import nki.isa as nisa
import nki.language as nl

HEAD_SIZE = 128
GROUP = 4  # query heads that share one key/value head
QUERY_TILE = 128  # partitions of a score tile
KEY_BLOCK = 512  # one PSUM bank of float32 scores
TOLERANCE = 2e-2  # of the largest output: bfloat16 inputs, probabilities and outputs


def load_keys_and_values(k, v, head):
    """Key/value head `head`, whole: keys [128 features, S], values [128 rows, S/128, 128]."""
    features, sequence = k.shape[1], k.shape[2]
    keys = nl.ndarray((features, sequence), dtype=k.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=keys, src=k[head])
    chunks = sequence // QUERY_TILE
    values = nl.ndarray((QUERY_TILE, chunks, features), dtype=v.dtype, buffer=nl.sbuf)
    for chunk in nl.affine_range(chunks):
        rows = nl.ds(chunk * QUERY_TILE, QUERY_TILE)
        nisa.dma_copy(dst=values[:, chunk, :], src=v[head, rows, :])
    return keys, values


def masked_scores(scores, first_query, first_key):
    """A copy of `scores` in SBUF where keys after their query are -inf."""
    queries, width = scores.shape
    copy = nl.ndarray((queries, width), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_copy(dst=copy, src=scores)
    nisa.affine_select(dst=copy, pattern=[[-1, width]], channel_multiplier=1,
                       offset=first_query - first_key, on_true_tile=copy,
                       on_false_value=-np.inf, cmp_op=nl.greater_equal)
    return copy


def weighted_values(weights, values, first_key):
    """weights [128 queries, width] @ values of those keys, in PSUM."""
    queries, width = weights.shape
    chunks = [nl.ds(start, QUERY_TILE) for start in range(0, width, QUERY_TILE)]
    turned = nl.ndarray((QUERY_TILE, width), dtype=weights.dtype, buffer=nl.psum)
    for chunk in chunks:
        nisa.nc_transpose(dst=turned[:, chunk], data=weights[:, chunk])
    keys_first = nl.ndarray((QUERY_TILE, width), dtype=weights.dtype, buffer=nl.sbuf)
    nisa.tensor_copy(dst=keys_first, src=turned)
    result = nl.ndarray((queries, HEAD_SIZE), dtype=nl.float32, buffer=nl.psum)
    for number, chunk in enumerate(chunks):
        nisa.nc_matmul(dst=result, stationary=keys_first[:, chunk],
                       moving=values[:, first_key // QUERY_TILE + number, :])
    return result


def attend(out, q, keys, values, head, first_query, scale):
    """The 128 queries from `first_query` on of one head."""
    queries = nl.ndarray((HEAD_SIZE, QUERY_TILE), dtype=q.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=queries, src=q[head, :, nl.ds(first_query, QUERY_TILE)])
    shape = (QUERY_TILE, 1)
    lowest = total = summed = None  # lowest: -scale * running maximum, the bias of exp
    last_key = first_query + QUERY_TILE
    for first_key in range(0, last_key, KEY_BLOCK):
        width = min(KEY_BLOCK, last_key - first_key)
        scores = nl.ndarray((QUERY_TILE, width), dtype=nl.float32, buffer=nl.psum)
        nisa.nc_matmul(dst=scores, stationary=queries, moving=keys[:, nl.ds(first_key, width)])
        if first_key + width > first_query:
            scores = masked_scores(scores, first_query, first_key)

        highest = nl.ndarray(shape, dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_reduce(dst=highest, op=nl.maximum, data=scores, axis=1)
        bias = nl.ndarray(shape, dtype=nl.float32, buffer=nl.sbuf)
        if lowest is None:
            nisa.tensor_scalar(dst=bias, data=highest, op0=nl.multiply, operand0=-scale)
        else:
            nisa.tensor_scalar(dst=bias, data=highest, op0=nl.multiply, operand0=-scale,
                               op1=nl.minimum, operand1=lowest)

        weights = nl.ndarray((QUERY_TILE, width), dtype=nl.bfloat16, buffer=nl.sbuf)
        block_total = nl.ndarray(shape, dtype=nl.float32, buffer=nl.sbuf)
        nisa.activation(dst=weights, op=nl.exp, data=scores, scale=scale, bias=bias,
                        reduce_op=nl.add, reduce_res=block_total,
                        reduce_cmd=nisa.reduce_cmd.reset_reduce)
        block = weighted_values(weights, values, first_key)

        if lowest is None:
            total = block_total
            summed = nl.ndarray((QUERY_TILE, HEAD_SIZE), dtype=nl.float32, buffer=nl.sbuf)
            nisa.tensor_copy(dst=summed, src=block)
        else:
            fade = nl.ndarray(shape, dtype=nl.float32, buffer=nl.sbuf)
            nisa.activation(dst=fade, op=nl.exp, data=lowest, scale=-1.0, bias=bias)
            nisa.scalar_tensor_tensor(dst=total, data=total, op0=nl.multiply, operand0=fade,
                                      op1=nl.add, operand1=block_total)
            nisa.scalar_tensor_tensor(dst=summed, data=summed, op0=nl.multiply, operand0=fade,
                                      op1=nl.add, operand1=block)
        lowest = bias

    inverse = nl.ndarray(shape, dtype=nl.float32, buffer=nl.sbuf)
    nisa.reciprocal(dst=inverse, data=total)
    rows = nl.ndarray((QUERY_TILE, HEAD_SIZE), dtype=out.dtype, buffer=nl.sbuf)
    nisa.tensor_scalar(dst=rows, data=summed, op0=nl.multiply, operand0=inverse)
    nisa.dma_copy(dst=out[head, nl.ds(first_query, QUERY_TILE), :], src=rows)


@nki.jit
def flash_attention(q, k, v):
    """q [heads, 128, S], k [heads/4, 128, S], v [heads/4, S, 128], bfloat16 -> [heads, S, 128]."""
    heads, features, sequence = q.shape
    assert features == HEAD_SIZE and sequence % QUERY_TILE == 0, "128 features, S a multiple of 128"
    out = nl.ndarray((heads, sequence, features), dtype=q.dtype, buffer=nl.shared_hbm)
    scale = 1.0 / features**0.5
    for key_head in nl.affine_range(heads // GROUP):
        keys, values = load_keys_and_values(k, v, key_head)
        for head in range(key_head * GROUP, (key_head + 1) * GROUP):
            for first_query in range(0, sequence, QUERY_TILE):
                attend(out, q, keys, values, head, first_query, scale)
    return out


def reference(q, k, v):
    """The same in float64, a query head at a time."""
    heads, features, sequence = q.shape
    future = np.triu(np.ones((sequence, sequence), dtype=bool), 1)
    for head in range(heads):
        group = head // GROUP
        queries, keys, values = (x.astype(np.float64) for x in (q[head], k[group], v[group]))
        scores = queries.T @ keys / np.sqrt(features)
        scores[future] = -np.inf
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        yield (weights @ values) / weights.sum(axis=1, keepdims=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequence", type=int, default=2048, help="tokens, a multiple of 128")
    parser.add_argument("--heads", type=int, default=32, help="query heads, a multiple of 4")
    options = parser.parse_args()
    tiles, groups = options.sequence / QUERY_TILE, options.heads / GROUP
    if min(tiles, groups) < 1 or tiles % 1 or groups % 1:
        parser.error("--sequence must be a multiple of 128 and --heads a multiple of 4")

    random = np.random.default_rng(2026)
    key_heads = options.heads // GROUP
    q, k, v = (random.standard_normal(shape, dtype=np.float32).astype(ml_dtypes.bfloat16)
               for shape in ((options.heads, HEAD_SIZE, options.sequence),
                             (key_heads, HEAD_SIZE, options.sequence),
                             (key_heads, options.sequence, HEAD_SIZE)))
    print(f"flash attention: {options.heads} query heads, {key_heads} key/value heads, "
          f"{options.sequence} tokens, causal, bfloat16", flush=True)
    out = flash_attention(q, k, v)

    print("comparing with float64 ...", flush=True)
    error = largest = 0.0
    for head, wanted in enumerate(reference(q, k, v)):
        error = max(error, np.abs(out[head].astype(np.float64) - wanted).max())
        largest = max(largest, np.abs(wanted).max())
    print(f"largest error {error:.2e}, {error / largest:.2%} of the largest output {largest:.3f}")
    if not error <= TOLERANCE * largest:
        raise SystemExit(f"the error is above {TOLERANCE:.0%}")


if __name__ == "__main__":
    main()

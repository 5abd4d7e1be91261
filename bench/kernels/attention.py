# SPDX-License-Identifier: Apache-2.0
"""Self-attention of one head, softmax(q.T @ k) @ v.T: in three phases with the scores in HBM
between them, and fused. Operands are [128 features, S]; the result is [S, 128].

Both stand here as AWS's compiler leaves them, read from the instructions of the public traces
(allenkchau/trainium-kernel-fusion, sequence length 512): what the iterations of the query loop do
to one column each is done for QUERIES of them by one instruction, four transposes share a PSUM
bank and its copy, probabilities are float32 whatever the operands are, and the copies take turns
between the Scalar and the Vector Engine.
"""

import nki
import nki.isa as nisa
import nki.language as nl

P = 128       # features; rows of a tile
BANK = 512    # float32 of a PSUM bank: keys of a product
QUERIES = 4   # query tiles whose maxima and sums one instruction makes
PAIR = 2      # query tiles that a DMA moves
ON_VECTOR = 4  # every fourth copy goes to the Vector Engine


class Copies:
    """PSUM to SBUF: the Scalar Engine does three of four, which leaves the reductions the other."""

    def __init__(self):
        self.count = 0

    def copy(self, dst, src):
        self.count += 1
        engine = nisa.engine.vector if self.count % ON_VECTOR == 0 else nisa.engine.scalar
        nisa.tensor_copy(dst=dst, src=src, engine=engine)


def loaded(operand):
    """All of it in SBUF, by the software's descriptors."""
    tile = nl.ndarray(operand.shape, dtype=operand.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=operand, dge_mode=nisa.dge_mode.swdge)
    return tile


def identities(identity, narrow):
    """What transposes are multiplied with: constants of the program, in HBM at its start."""
    for constant in (identity, narrow):
        if constant is None:
            continue
        tile = nl.ndarray((P, P), dtype=constant.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=constant, dge_mode=nisa.dge_mode.hwdge,
                      engine=nisa.engine.sync)


def turned(tile, copies, together=True):
    """[128, S] as S/128 transposed tiles [128, S/128, 128] of float32."""
    size = tile.shape[1]
    result = nl.ndarray((P, size), dtype=nl.float32, buffer=nl.sbuf)
    for start in range(0, size, BANK):
        bank = nl.ndarray((P, BANK), dtype=tile.dtype, buffer=nl.psum)
        for chunk in range(0, BANK, P):
            nisa.nc_transpose(dst=bank[:, nl.ds(chunk, P)], data=tile[:, nl.ds(start + chunk, P)],
                              engine=nisa.engine.tensor)
            if not together:
                copies.copy(result[:, nl.ds(start + chunk, P)], bank[:, nl.ds(chunk, P)])
        if together:
            copies.copy(result[:, nl.ds(start, BANK)], bank)
    return result


def scores(q, k, tile, block):
    """The products of query tile `tile` with 512 keys, in PSUM."""
    bank = nl.ndarray((P, BANK), dtype=nl.float32, buffer=nl.psum)
    nisa.nc_matmul(dst=bank, stationary=q[:, nl.ds(tile * P, P)],
                   moving=k[:, nl.ds(block * BANK, BANK)])
    return bank


def all_scores(q, k, tile, copies):
    """Of query tile `tile`, by blocks of 512 keys: one block stays in PSUM, several do not fit."""
    blocks = k.shape[1] // BANK
    if blocks == 1:
        return [scores(q, k, tile, 0)]
    rows = nl.ndarray((P, blocks * BANK), dtype=nl.float32, buffer=nl.sbuf)
    parts = [rows[:, nl.ds(block * BANK, BANK)] for block in range(blocks)]
    for block, part in enumerate(parts):
        copies.copy(part, scores(q, k, tile, block))
    return parts


def exponentials(blocks):
    """`blocks[tile][block]` [128, 512] of scores: tiles of exp(score - maximum), 1 / their sums."""
    tiles, width = len(blocks), len(blocks[0])
    partial = nl.ndarray((P, tiles * width), dtype=nl.float32, buffer=nl.sbuf)
    for tile in range(tiles):
        for block in range(width):
            nisa.tensor_reduce(dst=partial[:, nl.ds(tile * width + block, 1)], op=nl.maximum,
                               data=blocks[tile][block], axis=1)
    lowest = nl.ndarray((P, tiles), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_reduce(dst=lowest, op=nl.maximum, data=partial.reshape((P, tiles, width)), axis=2,
                       negate=True)
    weights, sums = [], nl.ndarray((P, tiles * width), dtype=nl.float32, buffer=nl.sbuf)
    for tile in range(tiles):
        weights.append(nl.ndarray((P, width * BANK), dtype=nl.float32, buffer=nl.sbuf))
        for block in range(width):
            part = weights[tile][:, nl.ds(block * BANK, BANK)]
            nisa.activation(dst=part, op=nl.exp, data=blocks[tile][block],
                            bias=lowest[:, nl.ds(tile, 1)])
            nisa.tensor_reduce(dst=sums[:, nl.ds(tile * width + block, 1)], op=nl.add, data=part,
                               axis=1)
    total = nl.ndarray((P, tiles), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_reduce(dst=total, op=nl.add, data=sums.reshape((P, tiles, width)), axis=2)
    inverse = nl.ndarray((P, tiles), dtype=nl.float32, buffer=nl.sbuf)
    nisa.reciprocal(dst=inverse, data=total)
    return weights, inverse


def weighted(result, transposed, values):
    """Of one query tile [128 keys, S/128, 128 queries]: the sum over the keys, to PSUM."""
    for chunk in range(0, values.shape[1], P):
        nisa.nc_matmul(dst=result, stationary=transposed[:, nl.ds(chunk, P)],
                       moving=values[:, nl.ds(chunk, P)])


def store_rows(out, first, rows):
    """[128, tiles, 128] to the rows of `out` from query tile `first` on; the DMA casts."""
    tiles = rows.shape[1]
    to = out[nl.ds(first * P, tiles * P), :].reshape((tiles, P, P))
    nisa.dma_copy(dst=to.rearrange(("t", "p", "d"), ("p", "t", "d")),
                  src=rows, dge_mode=nisa.dge_mode.swdge)


@nki.jit
def fused(q, k, v, identity, narrow=None):
    size = q.shape[1]
    out = nl.ndarray((size, P), dtype=q.dtype, buffer=nl.shared_hbm)
    copies = Copies()
    q, k, v = loaded(q), loaded(k), loaded(v)
    identities(identity, narrow)
    for first in range(0, size // P, QUERIES):
        with nl.no_reorder():
            if first == 0:
                values = turned(v, copies)
            blocks = [all_scores(q, k, first + tile, copies) for tile in range(QUERIES)]
        weights, inverse = exponentials(blocks)
        rows = nl.ndarray((P, QUERIES, P), dtype=nl.float32, buffer=nl.sbuf)
        for tile in range(QUERIES):
            result = nl.ndarray((P, P), dtype=nl.float32, buffer=nl.psum)
            weighted(result, turned(weights[tile], copies), values)
            nisa.tensor_scalar(dst=rows[:, tile, :], data=result, op0=nl.multiply,
                               operand0=inverse[:, nl.ds(tile, 1)], engine=nisa.engine.vector)
        store_rows(out, first, rows)
    return out


def stored(to, rows):
    """Two tiles of rows [128, S] of float32 by one DMA of the Scalar Engine's queue."""
    nisa.dma_copy(dst=to, src=rows, dge_mode=nisa.dge_mode.hwdge, engine=nisa.engine.scalar)


def fetched(source):
    """Two tiles of rows from HBM by one DMA of the Sync Engine's queue."""
    rows = nl.ndarray(source.shape, dtype=nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(dst=rows, src=source, dge_mode=nisa.dge_mode.hwdge, engine=nisa.engine.sync)
    return rows


@nki.jit
def baseline(q, k, v, identity, narrow=None):
    size = q.shape[1]
    tiles, blocks = size // P, size // BANK
    out = nl.ndarray((size, P), dtype=q.dtype, buffer=nl.shared_hbm)
    # Rows of pairs of query tiles.
    between = nl.ndarray((tiles // PAIR, P, PAIR, size), dtype=nl.float32, buffer=nl.private_hbm)
    copies = Copies()
    q, k, v = loaded(q), loaded(k), loaded(v)
    identities(identity, narrow)

    for pair in range(tiles // PAIR):
        rows = nl.ndarray((P, PAIR, size), dtype=nl.float32, buffer=nl.sbuf)
        for half in range(PAIR):
            for block in range(blocks):
                copies.copy(rows[:, half, nl.ds(block * BANK, BANK)],
                            scores(q, k, pair * PAIR + half, block))
        stored(between[pair], rows)

    for first in range(0, tiles, QUERIES):
        pairs = range(first // PAIR, (first + QUERIES) // PAIR)
        rows = [fetched(between[pair]) for pair in pairs]
        parts = [[rows[tile // PAIR][:, tile % PAIR, nl.ds(block * BANK, BANK)]
                  for block in range(blocks)] for tile in range(QUERIES)]
        weights, inverse = exponentials(parts)
        for pair in pairs:
            shares = nl.ndarray((P, PAIR, size), dtype=nl.float32, buffer=nl.sbuf)
            for half in range(PAIR):
                tile = pair * PAIR + half - first
                for start in range(0, size, BANK):
                    part = nl.ds(start, BANK)
                    nisa.tensor_scalar(dst=shares[:, half, part], data=weights[tile][:, part],
                                       op0=nl.multiply, operand0=inverse[:, nl.ds(tile, 1)],
                                       engine=nisa.engine.vector)
            stored(between[pair], shares)

    values = turned(v, copies, together=False)
    for first in range(0, tiles, QUERIES):
        rows = nl.ndarray((P, QUERIES, P), dtype=q.dtype, buffer=nl.sbuf)
        results = nl.ndarray((P, QUERIES, P), dtype=nl.float32, buffer=nl.psum)
        pairs = [fetched(between[pair])
                 for pair in range(first // PAIR, (first + QUERIES) // PAIR)]
        for tile in range(QUERIES):
            shares = pairs[tile // PAIR][:, tile % PAIR, :]
            weighted(results[:, tile, :], turned(shares, copies), values)
        copies.copy(rows, results)
        store_rows(out, first, rows)
    return out

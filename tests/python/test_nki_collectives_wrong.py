# SPDX-License-Identifier: Apache-2.0
"""Groups, pairs and channels that nki.collectives cannot use are told of."""

import nki
import nki.collectives as ncc
import nki.language as nl
import pytest
from test_nki_collectives import arrays, everyone, output, run
from trainyard import _core, ranks


@pytest.mark.parametrize("groups", [None, 3, "groups", [None], [["0"]], [[0.5, 0]], [[0, None]]])
def test_what_is_no_replica_group_is_told(groups):
    def kernel(x):
        out = output(x.shape)
        ncc.all_reduce([x], [out], groups, nl.add)
        return out

    with pytest.raises(_core.Fault, match="replica_group is .*lists of ranks") as caught:
        run(kernel, arrays(2))
    assert caught.value.file == __file__


@pytest.mark.parametrize("pairs", [None, 7, "ab", [None], [(0,)], [(0, 1, 1)], [("0", "1")]])
def test_what_are_no_pairs_is_told(pairs):
    def kernel(x):
        out = output(x.shape)
        ncc.collective_permute([x], [out], pairs)
        return out

    with pytest.raises(_core.Fault, match="source_target_pairs is .*pairs .source, target."):
        run(kernel, arrays(2))


def test_channels_that_fit_no_tensors_are_told():
    def kernel(x, channels, ids):
        out = output(x.shape)
        ncc.collective_permute_implicit(channels(x), [[out]], everyone(2), channel_ids=ids)
        return out

    for channels, ids, words in [(lambda x: None, (0,), "one tensor"),
                                 (lambda x: [[x, x]], (0,), "2 tensors"),
                                 (lambda x: [[x]], None, "consecutive numbers"),
                                 (lambda x: [[x]], (2**70,), "consecutive numbers")]:
        with pytest.raises(_core.Fault, match=words):
            ranks.run(nki.jit(kernel), [(x, channels, ids) for x in arrays(2, (4, 8))])

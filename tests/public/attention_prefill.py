# SPDX-License-Identifier: Apache-2.0
"""nki-library's attention_cte over one head group of a prompt, causal, bfloat16, against float64.

    OMP_NUM_THREADS=1 trainyard run tests/public/attention_prefill.py CHECKOUT [TOKENS]

Prints the CPU seconds of the call, which are those of one core, and the largest error. In exact
numerics unless `trainyard run --numerics fast` asks otherwise.
"""

import sys
import time
from pathlib import Path

import ml_dtypes
import nki
import numpy as np

QUERY_HEADS, HEAD = 4, 128   # to one head of keys and values, as in Llama-3-8B
TOLERANCE = 0.02    # bfloat16 results of size 1


def reference(q, k, v):
    """In blocks of queries, to stay small."""
    out = np.empty(q.shape)
    for start in range(0, q.shape[1], 512):
        scores = q[:, start:start + 512] @ k[0].T
        later = np.arange(k.shape[1]) > start + np.arange(scores.shape[1])[:, None]
        scores[:, later] = -np.inf
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        out[:, start:start + 512] = weights / weights.sum(axis=2, keepdims=True) @ v[0]
    return out


def main(checkout, tokens=4096):
    source = Path(checkout) / "src" / "nkilib_src"
    sys.path.insert(0, str(source))
    from nkilib.core.attention.attention_cte import attention_cte
    rng = np.random.default_rng(7)
    q, k, v = (rng.standard_normal((heads, tokens, HEAD)).astype(ml_dtypes.bfloat16)
               for heads in (QUERY_HEADS, 1, 1))
    scale = HEAD ** -0.5
    start = time.process_time()
    out = nki.jit(attention_cte)(q, k.transpose(0, 2, 1).copy(), v, scale=scale)
    seconds = time.process_time() - start
    want = reference(q.astype(np.float64) * scale, k.astype(np.float64), v.astype(np.float64))
    error = float(np.abs(np.asarray(out).astype(np.float64) - want).max())
    print(f"{tokens} tokens: {seconds:.2f} s, largest error {error:.4f}")
    return 0 if error <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))

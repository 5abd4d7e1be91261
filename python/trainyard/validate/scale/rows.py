# SPDX-License-Identifier: Apache-2.0
"""Published measurements of clusters, as rows of a CSV file with the columns of `ScaleRow`."""

from dataclasses import dataclass

from trainyard.validate.family import NotModelled


@dataclass(frozen=True)
class ScaleRow:
    """An empty cell is something that the source does not state."""

    id: str
    kind: str            # train_step, train_tput, serving, collective, memory, power, …
    hardware: str
    chips: str
    chips_per_node: str
    model: str
    params_b: str        # billions
    active_b: str
    layers: str
    hidden: str
    heads: str
    kv_heads: str
    ffn: str
    seq: str
    vocab: str
    experts: str
    topk: str
    precision: str
    tp: str
    pp: str
    vpp: str
    cp: str
    ep: str
    dp: str
    sharding: str
    mbs: str
    gbs: str
    recompute: str
    schedule: str
    framework: str
    extra: str
    metric: str
    value: float         # in `unit`
    unit: str
    evidence: str
    source: str

    def number(self, column):
        """A cell as a number, or None."""
        text = getattr(self, column)
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            raise NotModelled(f"{column} is {text!r}, which is no number") from None

    def count(self, column, otherwise=None):
        """A cell as a whole number, or what stands for an empty one."""
        number = self.number(column)
        if number is None:
            return otherwise
        if not (0 < number < 1e15 and number == int(number)):
            raise NotModelled(f"{column} is {number:g}, which counts nothing")
        return int(number)

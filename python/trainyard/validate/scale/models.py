# SPDX-License-Identifier: Apache-2.0
"""The shapes of the models that rows name, beyond their columns.

What a row does not say is taken from the model's own report by the beginning of its name; whether
a feed-forward is gated, where no report is known, from which count of parameters is nearer.
"""

from trainyard.validate.family import NotModelled

GELU = ("GPT", "MPT", "BLOOM", "Nemotron-4", "MT-NLG", "Megatron", "OPT", "BERT")
LATENT = "q_rank = 1536\nkv_rank = 512\nrope_dim = 64\nhead_dim = 128\nvalue_dim = 128\n"

# Keys of [model], by the beginning of the name.
KNOWN = {
    # arXiv 2412.19437, table 1 and section 4.2.
    "DeepSeek-V3": LATENT + "ffn = 18432\nshared_ffn = 2048\ndense_layers = 3\nexpert_groups = 4\n"
                            "mtp_layers = 1\n",
    # moonshotai/Kimi-K2-Instruct config.json.
    "Kimi-K2": LATENT + "ffn = 18432\nshared_ffn = 2048\ndense_layers = 1\n",
    # openai/gpt-oss-120b config.json.
    "GPT-OSS": "head_dim = 64\nwindow = 128\nwindow_layers = 18\n",
    # Qwen/Qwen3-*-A* config.json.
    "Qwen3": "head_dim = 128\n",
    "BERT": "encoder = true\ntied = true\n",
}

HYBRIDS = ("Nemotron_3", "DeepSeekV4")

# Sizes of models that rows name without giving shapes: layers, hidden, heads, key-value heads, ffn,
# vocabulary. Korthikanti et al., arXiv 2205.05198, table 3; aws-neuron-sdk, nemo-megatron tutorial
# (GPT3-46B); the others as their config.json is recalled, not read.
SHAPES = {
    "Megatron 22B": (48, 6144, 64, 64, 24576, 51200),
    "Megatron 175B": (96, 12288, 96, 96, 49152, 51200),
    "MT-NLG 530B": (105, 20480, 128, 128, 81920, 51200),
    "Megatron 1T": (128, 25600, 160, 160, 102400, 51200),
    "GPT3-46B": (56, 8192, 64, 64, 32768, 51200),
    "Llama-2 70B": (80, 8192, 64, 8, 28672, 32000),
    "Llama-3.3 70B": (80, 8192, 64, 8, 28672, 128256),
    "CodeLlama-13b": (40, 5120, 40, 40, 13824, 32016),
    "Mistral-7B-Instruct-v0.2": (32, 4096, 32, 8, 14336, 32000),
    "Qwen3-32B": (64, 5120, 64, 8, 25600, 151936),
}
COLUMNS = ("layers", "hidden", "heads", "kv_heads", "ffn", "vocab")


def _shapes(row):
    for name, shapes in SHAPES.items():
        if row.model.startswith(name):
            return shapes
    return (None,) * len(COLUMNS)


def parameters(layers, hidden, heads, kv_heads, head_dim, ffn, vocab, matrices):
    attention = 2 * hidden * heads * head_dim + 2 * hidden * kv_heads * head_dim
    return layers * (attention + matrices * hidden * ffn) + 2 * vocab * hidden


def gated(row, layers, hidden, heads, kv_heads, ffn, vocab):
    """Whether the feed-forward has a gate."""
    if row.model.startswith(GELU) and not row.model.startswith("GPT-OSS"):
        return False
    said = row.number("params_b")
    if row.experts or said is None:
        return True
    counts = {matrices: parameters(layers, hidden, heads, kv_heads, hidden // heads, ffn, vocab,
                                   matrices) for matrices in (2, 3)}
    return abs(counts[3] - said * 1e9) < abs(counts[2] - said * 1e9)


def model_table(row, tensor=1):
    """The [model] table of a scenario for a row.

    `tensor`: of a cut that pads heads to a multiple of it, and keeps keys and values for every head
    where there are not enough of them to cut (Transformers NeuronX's REPLICATED_HEADS).
    """
    if row.model.startswith(HYBRIDS):
        raise NotModelled("a model of state-space layers, whose shapes the row does not give")
    layers, hidden, heads, kv_heads, ffn, vocab = (
        row.count(column, known) for column, known in zip(COLUMNS, _shapes(row)))
    if None in (layers, hidden, heads, ffn):
        raise NotModelled("the row does not give the model's shapes")
    kv_heads = kv_heads or heads
    vocab = vocab or 51200
    known = next((text for name, text in KNOWN.items() if row.model.startswith(name)), "")
    has_gate = gated(row, layers, hidden, heads, kv_heads, ffn, vocab)
    padded = -(-heads // tensor) * tensor
    lines = [f'name = "{row.model}"', f"layers = {layers}", f"hidden = {hidden}",
             f"heads = {padded}", f"vocab = {vocab}",
             f"kv_heads = {kv_heads if kv_heads % tensor == 0 else padded}",
             f"gated = {str(has_gate).lower()}"]
    if row.experts:
        lines += [f"experts = {row.count('experts')}", f"top_k = {row.count('topk')}",
                  f"expert_ffn = {ffn}"]
    else:
        lines.append(f"ffn = {ffn}")
    if padded != heads:
        lines.append(f"head_dim = {hidden // heads}")
    return "\n".join(lines) + "\n" + known

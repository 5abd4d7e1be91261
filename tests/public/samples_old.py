# SPDX-License-Identifier: Apache-2.0
"""Runs the kernels of nki-samples that import `neuronxcc.nki`, unmodified, with their own checks.

    trainyard run [--machine trn2] tests/public/samples_old.py CHECKOUT [--markdown FILE]

CHECKOUT: nki-samples. A tutorial's PyTorch script runs as it is; the host's CPU stands in for its
accelerator. Contributed kernels have a check_correct(), or check themselves when imported. The
kernels with unit tests run in pytest instead: `pytest --trainyard --simulation-only test/unit`.
"""

import contextlib
import functools
import io
import re
import runpy
import sys
import types

from suite import Case, main, module


def accelerator_on_the_host():
    """torch_xla and torch_neuronx as far as the scripts use them."""
    import torch
    xla_model = types.ModuleType("torch_xla.core.xla_model")
    xla_model.xla_device = lambda: torch.device("cpu")
    xla_model.mark_step = lambda: None
    for name in ("torch_xla", "torch_xla.core", "torch_neuronx"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["torch_xla.core.xla_model"] = sys.modules["torch_xla.core"].xla_model = xla_model


def judged(check):
    """Their checks print what they find; some assert it, too."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        check()
    wrong = re.findall(r".*\b(?:differ|False)\b.*", said.getvalue())
    assert not wrong, "; ".join(wrong)


def as_in_the_compiler(path):
    """The tutorials' kernels are also neuronxcc.nki.docs.examples.FOLDER.FILE; a script says so."""
    for folder, file in re.findall(r"neuronxcc\.nki\.docs\.examples\.(\w+)\.(\w+)",
                                   path.read_text()):
        parts = ["neuronxcc", "nki", "docs", "examples", folder]
        for depth in range(3, len(parts) + 1):
            sys.modules[".".join(parts[:depth])] = types.ModuleType(parts[depth - 1])
        sys.modules[".".join([*parts, file])] = module(path.parent / f"{file}.py")


def run_script(path, *arguments):
    before, sys.argv = sys.argv, [str(path), *arguments]
    known = set(sys.modules)
    as_in_the_compiler(path)
    sys.path.insert(0, str(path.parent))
    try:
        runpy.run_path(str(path), run_name="__main__")
    finally:
        sys.argv = before
        sys.path.remove(str(path.parent))
        for name in set(sys.modules) - known:  # other folders have modules of the same names
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(path.parent)):
                del sys.modules[name]


def scripts(tutorials):
    for path in sorted(tutorials.glob("*/*_torch.py")):
        if not any("neuronxcc" in other.read_text() for other in path.parent.glob("*.py")):
            continue
        key = path.stem.removesuffix("_torch")
        choices = re.search(r'"--version".*?choices=\[(.*?)\]', path.read_text(), re.S)
        versions = re.findall(r'"(\w+)"', choices.group(1)) if choices else [None]
        for version in versions:
            given = ("--version", version) if version else ()
            yield Case(f"{key}_{version}" if version else key, functools.partial(
                judged, functools.partial(run_script, path, *given)))


def attention(folder):
    if not (folder / "test_attention.py").exists():
        return
    sys.path.insert(0, str(folder))
    tests = module(folder / "test_attention.py")
    for name in sorted((name for name in vars(tests) if name.startswith("attn_fwd_v")),
                       key=lambda name: (len(name.rstrip("a")), name)):
        yield Case(name, functools.partial(tests.test_attn_tutorial, "accuracy",
                                           getattr(tests, name)))


def check_of(path):
    loaded = module(path)
    if hasattr(loaded, "check_correct"):
        loaded.check_correct()


def contributed(folder, small):
    for path in sorted(folder.glob("*.py")):
        text = path.read_text()
        checks_on_import = "check_correct" not in text and "assert_allclose" in text
        if "neuronxcc" not in text or not (checks_on_import or "check_correct" in text):
            continue
        if not (small and checks_on_import):  # those take a minute
            yield Case(f"contributed:{path.stem}", functools.partial(
                judged, functools.partial(check_of, path)))


def cases(options):
    accelerator_on_the_host()
    tutorials = options.checkout / "src/nki_samples/tutorials"
    yield from scripts(tutorials)
    yield from attention(tutorials / "attention_fwd_performance")
    yield from contributed(options.checkout / "contributed", options.small)


if __name__ == "__main__":
    sys.exit(main("samples-old", __doc__.splitlines()[0], cases))

# SPDX-License-Identifier: Apache-2.0
"""Looking into a kernel: print, device_print, breakpoint; the environment; schedules."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from trainyard import _core, alias, runs

alias.install()

import nki  # noqa: E402
import nki.isa as nisa  # noqa: E402
import nki.language as nl  # noqa: E402
from nki.compiler.ncc_driver import CompiledKernel, CompileOptions  # noqa: E402

SCRIPT = """\
import numpy as np
import nki
import nki.language as nl

@nki.jit
def kernel(x):
    tile = nl.load(x)
    breakpoint()
    return None

kernel(np.full((4, 3), 1.5, np.float32))
"""


def array(value=1.0):
    return np.full((32, 8), value, np.float32)


def test_printing_a_tensor_shows_its_values_bounded(capsys):
    @nki.jit
    def kernel(x):
        tile = nl.ndarray((128, 4096), nl.bfloat16, name="big")
        nisa.memset(tile, 1.5)
        print(tile)
        print(nl.load(x)[0:1, 0:3])
        print(nisa.register_alloc(7))

    kernel(array(2.5))
    told = capsys.readouterr().out
    assert "big (128, 4096) bfloat16 in sbuf" in told and "1.5 1.5" in told
    assert "[[2.5 2.5 2.5]]" in told and "7" in told and len(told) < 2000


def test_printing_a_slice_of_nothing_shows_no_values(capsys):
    @nki.jit
    def kernel(x):
        tile = nl.ndarray((64, 64), nl.bfloat16)
        nisa.memset(tile, 1.0)
        print(tile[64:64, 7:18:2], tile[:, 3:3])

    kernel(array())
    told = capsys.readouterr().out
    assert "(0, 6) bfloat16" in told and "(64, 0) bfloat16" in told and "1." not in told


def test_printing_what_was_never_written_is_not_a_read_of_the_kernel(monkeypatch, capsys):
    @nki.jit
    def kernel(x):
        print(nl.ndarray((4, 4), nl.float32), nl.ndarray((4, 4), nl.int32))

    seen = []
    monkeypatch.setattr(runs, "on_finish", seen.append)
    kernel(array())
    told = capsys.readouterr().out
    assert "nan" in told and "[4 4 4 4]" in told and seen[0].unwritten_reads == []


def test_device_print_has_its_prefix_and_takes_hbm(capsys):
    @nki.jit
    def kernel(x):
        nl.device_print("the input", x)

    kernel(array(2.5))
    told = capsys.readouterr().out
    assert told.startswith("the input") and "2.5" in told


def test_a_tensor_can_be_looked_at_in_the_debugger(tmp_path):
    script = tmp_path / "stops.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "trainyard.run", script], input="p tile\nc\n",
                          capture_output=True, text=True, timeout=60, check=True)
    assert "tensor" in done.stdout and "[1.5 1.5 1.5]" in done.stdout


def test_comparisons_are_tensors_with_a_truth():
    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        equal = nl.equal(tile, tile)
        assert isinstance(equal, nl.NkiTensor) and equal.shape == tile.shape
        assert equal and equal[0:1] and not nl.less(tile, tile)
        assert nl.zeros((4, 4), nl.float32)  # any other tensor is true
        one = nl.full((1, 2), 0.0, nl.float32)
        nisa.memset(one[:, 1:2], 1.0)
        assert not nl.equal(one, 1.0) and not nl.equal(one, 0.0) and nl.equal(one[:, 1:2], 1.0)
        nl.store(x, nl.multiply(tile, equal))

    kernel(array())


@pytest.mark.parametrize("variable, machine", [("NEURON_PLATFORM_TARGET_OVERRIDE", "trn2"),
                                               ("NEURON_PLATFORM_TARGET_OVERRIDE", "gen2"),
                                               ("NKI_NC_VERSION", "gen3")])
def test_the_environment_chooses_the_machine(monkeypatch, variable, machine):
    monkeypatch.setenv(variable, machine)
    assert nisa.get_nc_version().name == {"trn2": "gen3"}.get(machine, machine)
    sizes = {"gen2": 192, "gen3": 224, "gen4": 256}
    expected = (sizes[nisa.get_nc_version().name] - 16) * 1024
    assert nl.tile_size.total_available_sbuf_size == nl.tile_size.sbuf_fmax_bytes == expected


@pytest.mark.parametrize("variable, value, status", [
    ("NEURON_PLATFORM_TARGET_OVERRIDE", "trn9", 2), ("NKI_NC_VERSION", "gen9", 2),
    ("NKI_PRECISE_FP", "0", 4)])
def test_a_variable_that_cannot_be_followed_is_named(monkeypatch, variable, value, status):
    monkeypatch.setenv(variable, value)
    with pytest.raises(_core.Fault, match=f"{variable}={value}") as caught:
        nki.jit(lambda x: None)(array())
    assert caught.value.kind == status


@pytest.mark.parametrize("variable, value", [("NKI_PRECISE_FP", "1"), ("NKI_SIMULATOR", "1")])
def test_variables_that_ask_for_what_always_is_are_accepted(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    nki.jit(lambda x: None)(array())


def test_tile_sizes_are_those_of_the_machine():
    size, trn3 = nl.tile_size, _core.Machine("trn3")
    assert (size.pmax, size.psum_num_banks) == (trn3.partitions, trn3.psum_banks)
    assert size.psum_bank_fmax == size.psum_fmax == size.psum_bank_fmax_bytes // 4 == 512
    assert size.sbuf_size_bytes == trn3.sbuf_partition_bytes * 128
    assert size.sbuf_fmax == size.sbuf_fmax_bytes // 4
    assert (size.gemm_stationary_fmax, size.gemm_moving_fmax, size.bn_stats_fmax) == (128, 512, 512)
    assert (size.sbuf_min_align, size.psum_min_align) == (1, 4)


@nki.jit
def three(x):
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    tile = nl.load(x)
    a, b, c = (nl.ndarray(x.shape, x.dtype) for _ in range(3))
    nisa.reciprocal(dst=a, data=tile, name="recip")
    nisa.tensor_scalar(dst=b, data=tile, op0=nl.add, operand0=1.0, name="plus1")
    nisa.tensor_tensor(dst=c, data1=a, data2=b, op=nl.add, name="sum")
    nisa.dma_copy(dst=out, src=c)
    return out


@pytest.mark.parametrize("edges", [[("plus1", "recip")], [("sum", ["recip", "plus1"])]])
def test_a_schedule_changes_no_value(edges):
    scheduled = three.with_schedule(edges)
    for _ in range(2):
        np.testing.assert_array_equal(scheduled(array()), array(3))
    np.testing.assert_array_equal(three(array()), array(3))


@pytest.mark.parametrize("edges, told", [
    ([("plus2", "recip")], "did you mean 'plus1'"), ([("recip", "plus1")], "later"),
    ([("recip", "recip")], "same time"), (["recip"], "pairs"), ([("recip", 3)], "strings")])
def test_a_schedule_that_cannot_be_is_refused(edges, told):
    with pytest.raises(_core.Fault, match=told):
        three.with_schedule(edges)(array())


def test_scheduled_instructions_run_one_after_the_other(tmp_path):
    script = tmp_path / "order.py"
    script.write_text("import numpy as np, nki, nki.isa as nisa, nki.language as nl\n"
                      "@nki.jit\n"
                      "def kernel(x):\n"
                      "    a, b = (nl.ndarray((128, 512), x.dtype) for _ in range(2))\n"
                      "    nisa.memset(a, 1.0, engine=nisa.vector_engine, name='first')\n"
                      "    nisa.memset(b, 1.0, engine=nisa.gpsimd_engine, name='second')\n"
                      "x = np.ones((2, 2), np.float32)\n"
                      "kernel(x)\n"
                      "kernel.with_schedule([('second', 'first')])(x)\n", encoding="utf-8")
    file = tmp_path / "run.json"
    subprocess.run([sys.executable, "-m", "trainyard.run", "--json", file, script], check=True,
                   capture_output=True, timeout=60, env=os.environ)
    free, bound = json.loads(file.read_text(encoding="utf-8"))["kernels"]
    assert free["time_us"] < bound["time_us"]


def test_no_reorder_holds_for_what_is_called_inside_and_refuses_register_loops(monkeypatch):
    monkeypatch.setenv("TRAINYARD_PERMISSIVE", "1")  # a kernel with pytest.raises
    @nki.jit
    def kernel(x):
        with nl.no_reorder():
            tile = nl.load(x)
            for _ in nl.affine_range(2):
                nisa.tensor_scalar(tile, tile, nl.add, 1.0)
        nl.store(x, tile)

    x = array()
    kernel(x)
    np.testing.assert_array_equal(x, array(3))

    def loops():
        yield lambda: list(nl.dynamic_range(3))
        yield lambda: nl.fori_loop(0, 3, lambda i: None)
        yield lambda: nl.while_loop(nisa.register_alloc(1), lambda r: r)

    @nki.jit
    def refused(x):
        for loop in loops():
            with pytest.raises(_core.Fault, match="no_reorder"), nl.no_reorder():
                loop()
            assert list(nl.dynamic_range(1))

    refused(array())


def test_the_compilers_names_exist_and_say_that_nothing_is_compiled():
    options = CompileOptions(target="trn3").disable_backend_optimizations()
    with pytest.raises(_core.Fault, match="compiler"):
        CompiledKernel.from_frontend(None, options)

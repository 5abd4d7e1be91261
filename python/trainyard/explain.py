# SPDX-License-Identifier: Apache-2.0
"""Tells why a run took so long and what would make it shorter, from the JSON of `trainyard run`."""

import argparse
import json
import os
import sys

from trainyard.faults import USAGE

SHOWN_PATH, SHOWN_STALLS, SHOWN_PLACES = 5, 6, 4
ENGINES = {"tensor": "TensorE", "vector": "VectorE", "scalar": "ScalarE", "gpsimd": "GpSimd",
           "sync": "SyncE", "dma": "DMA"}
BOUNDS = {"compute": "compute", "memory": "memory", "dma_rate": "DMA rate", "latency": "latency",
          "dependency": "dependency"}


def quantity(value, unit):
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:.4g} {prefix}{unit}"
    return f"{value:.4g} {unit}"


def time_text(us):
    if abs(us) >= 1000:
        return f"{us / 1000:.4g} ms"
    return f"{us:.4g} us" if abs(us) >= 1 or us == 0 else f"{us * 1000:.4g} ns"


def percent(share):
    return f"{100 * share:.1f} %"


def place(of):
    return f"{os.path.basename(of['file'])}:{of['line']}" if of["file"] else "?"


def path_lines(core, total_us):
    parts = core["explain"]["critical_path_parts"]
    words = [f"{name} {percent(parts[key] / total_us)}" for name, key in
             (("start", "start_up_us"), ("engines", "compute_us"), ("DMA", "dma_us"),
              ("latencies", "latency_us")) if total_us]
    yield "critical path: " + ", ".join(words)
    for share in core.get("critical_path", [])[:SHOWN_PATH]:
        yield (f"  {time_text(share['time_us']):>9}  {percent(share['share_of_run']):>7}  "
               f"{place(share)}  {share['times']}x  {share['instruction']}")


def roofline_lines(roofline):
    achieved = roofline["achieved_flop_per_s"]
    memory = (f"HBM {quantity(roofline['achieved_bytes_per_s'], 'B/s')} of "
              f"{quantity(roofline['memory_roof_bytes_per_s'], 'B/s')}; the DMA engines carry up "
              f"to {quantity(roofline['dma_roof_bytes_per_s'], 'B/s')}")
    if not achieved:
        yield f"roofline: no matrix product; {memory}"
        return
    side = "memory" if (roofline["intensity_flop_per_byte"]
                        < roofline["ridge_flop_per_byte"]) else "compute"
    attainable = roofline["attainable_flop_per_s"]
    reached = achieved / attainable if attainable else 0.0
    yield (f"roofline: {roofline['intensity_flop_per_byte']:.4g} FLOP/B, under the {side} roof "
           f"(they meet at {roofline['ridge_flop_per_byte']:.4g}): {quantity(achieved, 'FLOP/s')}, "
           f"{percent(reached)} of the {quantity(attainable, 'FLOP/s')} attainable there and "
           f"{percent(achieved / roofline['compute_roof_flop_per_s'])} of the compute roof")
    yield f"  {memory}"


def pass_lines(passes, total_us):
    yield "compiler passes (what the run would take longer without; --no-pass NAME leaves one out)"
    for one in passes:
        if not one["on"]:
            worth = "left out: " + one["without"]
        elif one["gain_us"] is None:
            worth = "not timed without it"
        else:
            worth = f"{time_text(one['gain_us'])}, {percent(one['gain_us'] / total_us)}"
        yield f"  {one['name']:<17} {worth:<23} {one['does']}"


def stall_lines(stalls):
    if stalls:
        yield "stalls by engine (time, share of the run, engine, times, reason)"
    for stall in stalls[:SHOWN_STALLS]:
        yield (f"  {time_text(stall['waited_us']):>9}  {percent(stall['share_of_run']):>7}  "
               f"{ENGINES.get(stall['engine'], stall['engine'])}  {stall['times']}x  "
               f"{stall['reason'].replace('_', ' ')}")


def advice_lines(advice):
    if not advice:
        yield "advice: none that would gain half a percent"
        return
    yield "advice (gain by re-timing the same program with that cost taken away; gains overlap)"
    for number, one in enumerate(advice, 1):
        yield (f"{number:>3}. {place(one)}: {one['found']}")
        yield (f"     gains {time_text(one['gain_us'])}, {percent(one['gain_share'])} "
               f"({one['kind'].replace('_', ' ')}): {one['remedy']}")
        yield f"     rule: {one['rule']}"
        places = one["places"]
        for each in places[:SHOWN_PLACES] if len(places) > 1 else ():
            alone = each["gain_alone_us"]
            worth = "" if alone is None else f", {time_text(alone)} alone"
            yield f"       {place(each)}  {each['subject']}  {each['times']}x{worth}"
        if len(places) > SHOWN_PLACES:
            yield f"       and {len(places) - SHOWN_PLACES} more lines"


def text(kernel):
    """Of one kernel's object."""
    core = kernel["cores"][0] if "cores" in kernel else kernel
    why, total_us = kernel["explain"], kernel["time_us"]
    core = {**core, "explain": why}
    bound = why["bound"]
    name = kernel.get("kernel") or "kernel"
    lines = [f"{name} on {core['machine']['name']}: {time_text(total_us)}, bound by "
             f"{BOUNDS[bound['kind']]}",
             f"  {bound['reason']}"]
    lines += path_lines(core, total_us)
    lines += roofline_lines(why["roofline"])
    lines += pass_lines(why["passes"], total_us)
    lines += stall_lines(why["stalls_by_engine"])
    lines += advice_lines(why["advice"])
    return "\n".join(lines)


def arguments(argv):
    parser = argparse.ArgumentParser(prog="trainyard explain", description=__doc__,
                                     allow_abbrev=False)
    parser.add_argument("result", metavar="RESULT", help="written by `trainyard run --json RESULT`")
    return parser.parse_args(argv)


def read(path):
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    kernels = result["kernels"]
    if any("explain" not in kernel for kernel in kernels):
        raise KeyError("explain")
    return kernels


def main(argv=None):
    options = arguments(sys.argv[1:] if argv is None else argv)
    try:
        kernels = read(options.result)
    except OSError as error:
        print(f"trainyard explain: {options.result}: {error.strerror}", file=sys.stderr)
        return USAGE
    except (ValueError, KeyError, TypeError):
        print(f"trainyard explain: {options.result} is not a result of `trainyard run --json FILE`",
              file=sys.stderr)
        return USAGE
    print("\n\n".join(text(kernel) for kernel in kernels) or "the script ran no kernel")
    return 0


if __name__ == "__main__":
    sys.exit(main())

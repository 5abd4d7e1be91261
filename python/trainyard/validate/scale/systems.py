# SPDX-License-Identifier: Apache-2.0
"""The systems that rows name, as [system] tables, with what a row says of its network."""

import re

from trainyard.validate.family import NotModelled

# By the beginning of `hardware`; what-ifs of a preset where the row's chip is a variant of it.
SYSTEMS = {
    "A100-80GB": ("hgx-a100", ""),
    "A100-40GB": ("hgx-a100", "[system.chip]\nhbm = { value = 40, unit = \"GiB\" }\n"
                              "hbm_bandwidth = { value = 1.555, unit = \"TB/s\" }\n"),
    # 500 W leave (500 - 70 - 60) W for products at 0.68 pJ a FLOP (docs/energy.md): 544 TFLOP/s.
    "H100 (500W,96GB HBM2e)": ("hgx-h100", "[system.chip]\nmatmul_sustained = 0.55\n"
                                           "hbm = { value = 96, unit = \"GiB\" }\n"
                                           "hbm_bandwidth = { value = 2.4, unit = \"TB/s\" }\n"),
    "H100": ("hgx-h100", ""),
    "H200": ("hgx-h200", ""),
    "H800": ("hgx-h800", ""),
    "B200": ("hgx-b200", ""),
    "B300": ("hgx-b300", ""),
    "GB200": ("gb200-nvl72", ""),
    "GB300": ("gb300-nvl72", ""),
    "Trn1": ("trn1", ""),
    "Inf2": ("inf2", ""),
    "Trn2": ("trn2-ultraserver", ""),
    "Trn3": ("trn3-gen2", ""),
}


def system_of(row):
    """(name of the preset, its overrides)."""
    for name, found in SYSTEMS.items():
        if row.hardware == name or row.hardware.startswith(name + " "):
            return found
    raise NotModelled(f"no system file for {row.hardware}")


def network_override(row):
    """What the row says of the network of a node."""
    said = re.search(r"(?:node network|,) (\d+) Gb/s", row.extra)
    if not said:
        return ""
    of_a_chip = int(said[1]) / row.count("chips_per_node", 8)
    return ('[[system.level]]\nname = "network"\n'
            f'bandwidth = {{ value = {of_a_chip}, unit = "Gb/s" }}\n')


def system_table(row, chips):
    base, overrides = system_of(row)
    return (f'[system]\nbase = "{base}"\nchips = {chips}\n' + overrides + network_override(row))

// SPDX-License-Identifier: Apache-2.0
#include "machine/headline.h"

namespace trainyard {
namespace {

constexpr double kTera = 1e12, kGiga = 1e9, kMi = 1024.0 * 1024.0;

// At the core's own clock, every product counted as two operations.
double core_bf16_tflop_per_s(const Machine& machine) {
  const TensorEngine& tensor = machine.tensor;
  return static_cast<double>(tensor.rows * tensor.columns) * 2 * tensor.clock_hz / kTera;
}

void add_rates(const Machine& machine, std::vector<Headline>& rows) {
  const double bf16 = core_bf16_tflop_per_s(machine);
  const double fp8 = bf16 * machine.tensor.fp8_rows_per_cycle;
  const double fp32 = bf16 / machine.tensor.fp32_cycles_per_row;
  const double mx = bf16 * machine.tensor.mx_products_per_pe;
  const auto cores = static_cast<double>(machine.chip.cores);
  const auto add = [&](const char* key, const char* label, double value) {
    if (value > 0) rows.push_back({key, label, "TFLOP/s", value});
  };
  add("core_bf16_tflop_per_s", "core, bf16", bf16);
  add("core_fp8_tflop_per_s", "core, fp8", fp8);
  add("core_mx_tflop_per_s", "core, MXFP8 and MXFP4", mx);
  add("core_fp32_tflop_per_s", "core, fp32", fp32);
  add("chip_bf16_tflop_per_s", "chip, bf16", bf16 * cores);
  add("chip_fp8_tflop_per_s", "chip, fp8", fp8 * cores);
  add("chip_mx_tflop_per_s", "chip, MXFP8 and MXFP4", mx * cores);
  add("chip_8bit_tflop_per_s", "chip, best 8-bit format", (mx > fp8 ? mx : fp8) * cores);
  add("chip_fp32_tflop_per_s", "chip, fp32", fp32 * cores);
}

void add_memory(const Machine& machine, std::vector<Headline>& rows) {
  const auto cores = static_cast<double>(machine.chip.cores);
  const double hbm_bytes_per_s = machine.hbm.bandwidth_bytes_per_s;
  const auto partitions = static_cast<double>(machine.core.partitions);
  const auto mib = [&](std::int64_t bytes) {
    return partitions * static_cast<double>(bytes) / kMi;
  };
  rows.push_back({"chip_hbm_tb_per_s", "chip, HBM", "TB/s", hbm_bytes_per_s / kTera});
  rows.push_back(
      {"core_hbm_gb_per_s", "core, share of HBM", "GB/s", hbm_bytes_per_s / cores / kGiga});
  rows.push_back({"core_dma_gb_per_s", "core, DMA peak", "GB/s",
                  machine.dma.core_bandwidth_bytes_per_s() / kGiga});
  rows.push_back({"chip_hbm_gib", "chip, HBM capacity", "GiB",
                  static_cast<double>(machine.hbm.capacity_bytes) / (1024 * kMi)});
  rows.push_back({"core_sbuf_mib", "core, SBUF", "MiB", mib(machine.sbuf.partition_size_bytes)});
  rows.push_back({"core_psum_mib", "core, PSUM", "MiB", mib(machine.psum.partition_size_bytes())});
}

// By the chip pages, as AWS compares UltraServers with each other.
void add_ultraserver(const Machine& machine, std::vector<Headline>& rows) {
  if (machine.link.ultraserver_chips == 0) return;
  const auto chips = static_cast<double>(machine.link.ultraserver_chips);
  rows.push_back({"ultraserver_fp8_pflop_per_s", "UltraServer, fp8 by chip page", "PFLOP/s",
                  chips * machine.chip.peak_fp8_flop_per_s / 1e15});
  rows.push_back({"ultraserver_bf16_pflop_per_s", "UltraServer, bf16 by chip page", "PFLOP/s",
                  chips * machine.chip.peak_bf16_flop_per_s / 1e15});
  rows.push_back({"ultraserver_hbm_tb_per_s", "UltraServer, HBM", "TB/s",
                  chips * machine.hbm.bandwidth_bytes_per_s / kTera});
  rows.push_back({"ultraserver_hbm_gib", "UltraServer, HBM capacity", "GiB",
                  chips * static_cast<double>(machine.hbm.capacity_bytes) / (1024 * kMi)});
}

}  // namespace

std::vector<Headline> headlines(const Machine& machine) {
  std::vector<Headline> rows;
  add_rates(machine, rows);
  add_memory(machine, rows);
  add_ultraserver(machine, rows);
  return rows;
}

}  // namespace trainyard

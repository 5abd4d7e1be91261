// SPDX-License-Identifier: Apache-2.0
#include "cluster/operator_source.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "kernels/core_times.h"

namespace trainyard {
namespace {

const std::vector<std::string> kSources = {"roofline", "core"};
const std::vector<std::string> kKinds = {"matmul", "attention", "elementwise"};
const std::vector<std::string> kPasses = {"forward", "backward"};
constexpr double kSizeMax = 1e15, kMicrosecondsMax = 1e12;

OperatorShape read_shape(TableReader& row) {
  OperatorShape shape;
  shape.kind = row.choice_of<OperatorKind>("kind", kKinds);
  if (shape.kind == OperatorKind::elementwise) {
    shape.bytes = row.number("bytes", 1, kSizeMax);
    return shape;
  }
  // Tokens of an expert need be no whole number.
  shape.m = row.number("m", 1e-6, kSizeMax);
  shape.n = row.number("n", 1e-6, kSizeMax);
  shape.k = row.number("k", 1e-6, kSizeMax);
  shape.batch = row.number("batch", 1e-6, kSizeMax, 1);
  shape.format = row.choice_of<NumberFormat>("dtype", format_names());
  if (shape.kind == OperatorKind::attention) {
    shape.backward = row.choice("pass", kPasses, "forward") == "backward";
  }
  return shape;
}

Fault no_core(const TableReader& table, const System& system) {
  return table.fault("source",
                     fmt::format("{} has no machine file: no virtual core runs its kernels",
                                 system.chip.name.empty() ? system.name : system.chip.name),
                     "a Trainium system, source = \"roofline\", or a table of measured times");
}

// The machine of a chip some of whose rates a scenario may have changed: TensorE's clock goes with
// the peaks of products.
Machine machine_of(const TableReader& table, const SystemChip& chip) {
  Machine machine = load_machine(chip.machine);
  const double faster = chip.bf16_flop_per_s / machine.chip.peak_bf16_flop_per_s;
  const auto alike = [&](double now, double was) {
    return was <= 0 || std::abs(now / was - faster) <= 1e-6 * faster;
  };
  if (!alike(chip.fp32_flop_per_s, machine.chip.peak_fp32_flop_per_s) ||
      !alike(chip.fp8_flop_per_s, machine.chip.peak_fp8_flop_per_s)) {
    throw table.fault("source",
                      "peaks of system.chip are changed by different factors, and the virtual core "
                      "has one clock for all of them",
                      "change peak_fp32, peak_bf16 and peak_fp8 alike, or source = \"roofline\"");
  }
  machine.tensor.clock_hz *= faster;
  machine.hbm.bandwidth_bytes_per_s = chip.hbm_bytes_per_s;
  return machine;
}

}  // namespace

const char* source_name(TimeSource source) {
  constexpr std::array<const char*, kTimeSourceCount> kNames = {"table", "core", "roofline"};
  return kNames[static_cast<std::size_t>(source)];
}

const char* operator_kind_name(OperatorKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].c_str();
}

OperatorTable::OperatorTable(const Document& document) {
  TableReader root(document);
  for (TableReader& row : root.tables("row")) {
    const OperatorShape shape = read_shape(row);
    const double seconds = row.number("time_us", 1e-6, kMicrosecondsMax) * 1e-6;
    row.finish();
    const auto [place, is_new] = rows_.emplace(shape, Entry{seconds, row.line("")});
    if (!is_new) {
      throw row.fault("", fmt::format("line {} has this shape already", place->second.line),
                      "keep one of the two");
    }
  }
  root.finish();
}

std::optional<double> OperatorTable::seconds(const OperatorShape& shape) const {
  const auto found = rows_.find(shape);
  if (found == rows_.end()) return {};
  return found->second.seconds;
}

std::optional<SourcedSeconds> OperatorSources::find(const OperatorShape& shape,
                                                    double core_efficiency) const {
  if (table) {
    if (const auto known = table->seconds(shape)) return SourcedSeconds(*known, TimeSource::table);
  }
  if (!core) return {};
  if (shape.kind == OperatorKind::elementwise) {
    return SourcedSeconds(core->stream_s(shape.bytes) / core_efficiency, TimeSource::core);
  }
  // The kernels of the virtual core are products in 8 and 16 bits.
  if (shape.kind != OperatorKind::matmul || shape.format == NumberFormat::fp32 ||
      shape.format == NumberFormat::nvfp4) {
    return {};
  }
  const auto whole = [](double count) { return static_cast<std::int64_t>(std::ceil(count)); };
  ProductShape product;
  product.format =
      shape.format == NumberFormat::bf16 ? Format::bf16 : best_8bit_format(core->machine());
  product.m = whole(shape.m);
  product.n = whole(shape.n);
  product.k = whole(shape.k);
  return SourcedSeconds(core->products_s(product, whole(shape.batch)) / core_efficiency,
                        TimeSource::core);
}

OperatorSources read_operator_sources(TableReader& table, const System& system) {
  OperatorSources sources;
  if (table.has("table")) {
    sources.table = table.at_key("table", [&] {
      const std::filesystem::path given(table.words("table"));
      const auto path =
          given.is_absolute() ? given : std::filesystem::path(table.file()).parent_path() / given;
      return std::make_shared<const OperatorTable>(read_document(path.string()));
    });
  }
  if (table.choice("source", kSources, "roofline") == "core") {
    if (system.chip.machine.empty()) throw no_core(table, system);
    sources.core = table.at_key("source", [&] {
      return std::make_shared<CoreTimes>(
          machine_of(table, system.chip),
          std::max<std::int64_t>(1, system.chip.units / system.chip.ranks));
    });
  }
  table.finish();
  return sources;
}

}  // namespace trainyard

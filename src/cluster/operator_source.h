// SPDX-License-Identifier: Apache-2.0
// Where an operator's time comes from: a table of the user's, the chip's virtual core, or else the
// roofline (operator_time.h). Every result says how much of it came from which.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/table_reader.h"
#include "cluster/operators.h"
#include "fabric/system.h"

namespace trainyard {

class CoreTimes;  // kernels/core_times.h

enum class TimeSource : std::uint8_t { table, core, roofline };
inline constexpr std::size_t kTimeSourceCount = 3;
const char* source_name(TimeSource source);  // "table"

const char* operator_kind_name(OperatorKind kind);

// Seconds by where they come from.
struct SourcedSeconds {
  std::array<double, kTimeSourceCount> by{};

  SourcedSeconds() = default;
  SourcedSeconds(double seconds, TimeSource source) { (*this)[source] = seconds; }
  double& operator[](TimeSource source) { return by[static_cast<std::size_t>(source)]; }
  double operator[](TimeSource source) const { return by[static_cast<std::size_t>(source)]; }
  double total() const { return by[0] + by[1] + by[2]; }
  void add(const SourcedSeconds& more, double times = 1) {
    for (std::size_t i = 0; i < by.size(); ++i) by[i] += times * more.by[i];
  }
};

// What a rank does at once: of a matmul `batch` products of m x k by k x n; of attention m queries
// that meet n keys of size k, in `batch` heads; of element-wise work only its bytes of HBM.
struct OperatorShape {
  OperatorKind kind = OperatorKind::matmul;
  NumberFormat format = NumberFormat::bf16;
  bool backward = false;  // attention's; a matmul's backward products are matmuls
  double batch = 1, m = 0, n = 0, k = 0, bytes = 0;

  auto operator<=>(const OperatorShape&) const = default;
};

// A row: kind, m, n, k, batch, dtype, pass, bytes, time_us. Throws Fault(usage) with the row's
// line.
class OperatorTable {
 public:
  // "times.csv", or a TOML with [[row]].
  explicit OperatorTable(const Document& document);
  // Of exactly this shape.
  std::optional<double> seconds(const OperatorShape& shape) const;

 private:
  struct Entry {
    double seconds = 0;
    int line = 0;
  };
  std::map<OperatorShape, Entry> rows_;
};

// What a scenario asks before the roofline, in this order.
struct OperatorSources {
  std::shared_ptr<const OperatorTable> table;
  std::shared_ptr<CoreTimes> core;

  bool any() const { return table || core; }
  // Nothing where neither knows the shape. The core's is as fast as the chip can be: the software's
  // efficiencies come on top; the table's is what was measured.
  std::optional<SourcedSeconds> find(const OperatorShape& shape, double core_efficiency) const;
};

// Of [operators]: `table`, `source` (roofline or core).
OperatorSources read_operator_sources(TableReader& table, const System& system);

}  // namespace trainyard

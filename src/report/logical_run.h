// SPDX-License-Identifier: Apache-2.0
// A run of a kernel on one core, on the cores of a logical core, or on those of many ranks, as the
// user sees it. Of one core the texts are those of text_summary.h, run_json.h and trace.h; of
// several a head for all of them, then the same for each (the short summary: for those of rank 0).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "report/run_result.h"

namespace trainyard {

struct LogicalRun {
  std::vector<RunResult> cores;  // one or more; they end at the same time

  Time total() const { return cores.front().timeline.total; }
  double joules() const;
  std::size_t instructions() const;
  std::uint64_t hash() const;
};

std::string text_summary(const LogicalRun& run, bool verbose = false);
// `add` puts further keys at the end of the object.
std::string run_json(const LogicalRun& run, const std::function<void(JsonWriter&)>& add = {});
// Throws Fault(usage) when `path` cannot be written.
void write_trace(const LogicalRun& run, const std::string& path);

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// Why a run took so long, and what would make it shorter. Every gain is the difference to a
// re-timing of the same Program with the cost in question taken away.
//
//   Explanation why = explain(run);
//   run_json(run, [&](JsonWriter& json) { write_explanation(why, json); });
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "explain/bound.h"
#include "report/logical_run.h"

namespace trainyard {

struct AdvicePlace {
  SourcePlace at;
  std::string subject;  // an instruction, or the name of a tensor
  std::int64_t times = 0;
  bool known_alone = false;
  Time gain_alone;  // with this place mended and the others as they are
};

struct Advice {
  std::string_view kind, remedy, rule;
  std::string found;
  std::vector<AdvicePlace> places;  // the first matters most
  Time gain;
};

struct PassEffect {
  Pass pass{};
  bool on = true;
  bool known = false;  // the run without it was timed
  Time gain;           // how much longer the run is without it
};

struct EngineStall {
  Engine engine{};
  WaitReason reason{};
  std::int64_t times = 0;
  Time waited;
};

struct Explanation {
  Time total;
  Bound bound;                      // of the first core
  PathSplit path;                   // of the first core
  Roofline roofline;                // of the first core
  std::vector<PassEffect> passes;   // in the order in which they run
  std::vector<EngineStall> stalls;  // of all cores, longest first
  std::vector<Advice> advice;       // largest gain first
};

Explanation explain(const LogicalRun& run);

// As the key "explain" of an open object.
void write_explanation(const Explanation& why, JsonWriter& json);

}  // namespace trainyard

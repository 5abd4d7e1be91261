// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cluster/explicit_step.h"

namespace trainyard {

std::string depth_name(StepDepth depth) {
  return depth == StepDepth::folded    ? "folded"
         : depth == StepDepth::classes ? "classes"
                                       : "explicit";
}

std::string explicit_text(const ExplicitStep& step) {
  std::string text = fmt::format(
      "\nwith the faults of [faults]: step {:.4g} s, {:.4g} times the symmetric one\n"
      "  depth: {}, {}\n",
      step.seconds, step.slowdown(), depth_name(step.depth), step.why);
  for (const SlowdownCause& cause : step.causes) {
    text += fmt::format("  {:<24}{:>8.2f} % by itself{}{}\n", cause.name,
                        100 * (cause.seconds / step.symmetric_s - 1),
                        cause.what.empty() ? "" : ": ", cause.what);
  }
  return text;
}

void write_explicit(JsonWriter& json, const ExplicitStep& step) {
  json.key("faults");
  json.begin_object();
  json.field("step_s", step.seconds);
  json.field("slowdown", step.slowdown());
  json.field("depth", depth_name(step.depth));
  json.field("why", step.why);
  json.field("lanes", step.lanes);
  json.field("classes", step.classes);
  json.objects("causes", step.causes, [&](const SlowdownCause& cause) {
    json.field("name", cause.name);
    json.field("what", cause.what);
    json.field("step_s", cause.seconds);
  });
  json.end_object();
}

}  // namespace trainyard

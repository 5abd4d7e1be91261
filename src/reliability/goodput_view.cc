// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reliability/goodput.h"

namespace trainyard {
namespace {

void write_estimate(JsonWriter& json, const char* name, const Estimate& estimate) {
  json.key(name);
  json.begin_object();
  json.field("mean", estimate.mean);
  json.field("mean_low", estimate.low);
  json.field("mean_high", estimate.high);
  json.field("run_low", estimate.life_low);
  json.field("run_high", estimate.life_high);
  json.end_object();
}

std::string time_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.3g} s", seconds);
  if (seconds < 7200) return fmt::format("{:.1f} min", seconds / 60);
  return seconds < 172'800 ? fmt::format("{:.1f} h", seconds / 3600)
                           : fmt::format("{:.1f} days", seconds / 86'400);
}

}  // namespace

void write_goodput(JsonWriter& json, const GoodputReport& report) {
  json.begin_object();
  json.field("runs", report.runs);
  json.field("seed", report.seed);
  json.field("chips", report.chips);
  json.field("nodes", report.nodes);
  json.field("spare_nodes", report.spare_nodes);
  json.field("days", report.days);
  json.field("step_s", report.step_s);
  write_estimate(json, "goodput", report.goodput);
  json.field("effective", report.effective);
  write_estimate(json, "steps", report.steps);
  write_estimate(json, "interruptions", report.interruptions);
  json.key("shares");
  json.begin_object();
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    json.field(cause_name(static_cast<Cause>(cause)), report.shares[cause]);
  }
  json.end_object();
  json.objects("failures", report.kinds, [&](const KindReport& kind) {
    json.field("name", kind.name);
    json.field("effect", kind.effect);
    json.field("origin", kind.origin);
    json.field("failures", kind.failures);
    json.field("interruptions", kind.interruptions);
    json.field("lost_share", kind.lost_share);
  });
  json.field("failure_gap_s", report.failure_gap_s);
  json.field("interruption_gap_s", report.interruption_gap_s);
  json.field("disk_restores", report.disk_restores);
  json.field("memory_restores", report.memory_restores);
  json.field("restarts_broken", report.restarts_broken);
  json.field("corruptions_unfound", report.corruptions_unfound);
  json.field("nodes_out_most", report.nodes_out_most);
  json.field("never_returned", report.never_returned);
  json.field("noise_factor", report.noise_factor);
  json.field("memory_interval_s", report.memory_interval_s);
  json.field("disk_interval_s", report.disk_interval_s);
  json.field("validation_interval_s", report.validation_interval_s);
  json.key("remarks");
  json.begin_array();
  for (const std::string& remark : report.remarks) json.value(remark);
  json.end_array();
  json.end_object();
}

std::string goodput_text(const GoodputReport& report) {
  const Estimate& goodput = report.goodput;
  std::string text = fmt::format(
      "goodput {:.2f} % of {} days (mean of {} runs within {:.2f} to {:.2f} %; 95 % of runs from "
      "{:.2f} to {:.2f} %)\n",
      100 * goodput.mean, report.days, report.runs, 100 * goodput.low, 100 * goodput.high,
      100 * goodput.life_low, 100 * goodput.life_high);
  text += fmt::format(
      "  {:.0f} steps kept, {:.1f} interruptions{}\n", report.steps.mean, report.interruptions.mean,
      report.interruption_gap_s > 0 ? ", one every " + time_text(report.interruption_gap_s) : "");
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    if (report.shares[cause] == 0) continue;
    text += fmt::format("  {:<18} {:7.3f} %\n", cause_name(static_cast<Cause>(cause)),
                        100 * report.shares[cause]);
  }
  for (const KindReport& kind : report.kinds) {
    text += fmt::format("  {:<18} {:9.1f} failures, {:9.1f} interruptions, {:6.2f} % lost{}\n",
                        kind.name, kind.failures, kind.interruptions, 100 * kind.lost_share,
                        kind.origin == "assumed" ? " (assumed rate)" : "");
  }
  for (const std::string& remark : report.remarks) text += "  " + remark + "\n";
  return text;
}

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
#include "claims/claims_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "energy/energy_report.h"

namespace trainyard {
namespace {

std::string verdict_text(Verdict verdict) {
  constexpr const char* kWords[] = {"holds", "within the error", "does not hold", "not modelled"};
  return kWords[static_cast<std::size_t>(verdict)];
}

std::string conclusion(const Claim& claim) {
  if (!claim.modelled) return "not modelled";
  const auto all = static_cast<int>(claim.readings.size());
  const int holding = claim.holding();
  return holding == all ? "holds"
         : holding == 0 ? "does not hold"
                        : fmt::format("holds on {} of {} readings", holding, all);
}

std::string ratio_text(const Reading& reading) {
  return reading.kind == ReadingKind::energy
             ? fmt::format("{:.2f} +-{:.2f}", reading.ratio(),
                           reading.ratio() * kEnergyRatioErrorPercent / 100)
             : fmt::format("{:.2f}", reading.ratio());
}

std::string claim_text(const Claim& claim, const std::string& base, const std::string& next) {
  std::size_t text = 0, unit = 0;
  for (const Reading& reading : claim.readings) {
    text = std::max(text, reading.text.size());
    unit = std::max(unit, reading.unit.size());
  }
  std::string out = fmt::format("\n{}: {}. Here it {}{}.\n", claim.key, claim.said,
                                claim.modelled ? "" : "is ", conclusion(claim));
  out += fmt::format("  said by: {}\n", claim.source);
  out +=
      fmt::format("  {:<{}}  {:>9}  {:>9}  {:<{}}  ratio\n", "reading", text, base, next, "", unit);
  for (const Reading& reading : claim.readings) {
    out += fmt::format("  {:<{}}  {:>9.4g}  {:>9.4g}  {:<{}}  {:<12} {}\n", reading.text, text,
                       reading.base, reading.next, reading.unit, unit, ratio_text(reading),
                       verdict_text(reading.verdict));
  }
  const bool complete = claim.holding() == static_cast<int>(claim.readings.size());
  if (!complete || !claim.modelled || claim.key == "cluster") {
    out += fmt::format("  why: {}\n", claim.why);
  }
  return out;
}

std::string power_text(const MeasuredMachine& base, const MeasuredMachine& next) {
  std::string text =
      fmt::format("\nwatts, +-{} %\n  {:<14}  {:<6}  {:>9}  {:>15}  {:>11}\n", kEnergyErrorPercent,
                  "kernel", "on", "chip, W", "UltraServer, kW", "facility, W a chip");
  for (const MeasuredMachine* of : {&base, &next}) {
    for (const Measured& one : of->workloads) {
      text += fmt::format("  {:<14}  {:<6}  {:>9.0f}  {:>15.1f}  {:>18.0f}\n", one.workload,
                          of->machine.name, one.chip_w, one.power.it_w() / 1e3,
                          one.power.facility_w() / static_cast<double>(one.power.chips));
    }
  }
  return text;
}

void write_machine(const MeasuredMachine& of, JsonWriter& json) {
  json.begin_object();
  json.field("name", of.machine.name);
  json.field("title", of.machine.title);
  json.field("ultraserver_chips", of.machine.link.ultraserver_chips);
  json.objects("workloads", of.workloads, [&](const Measured& one) {
    json.field("workload", one.workload);
    json.field("unit", one.unit);
    json.field("chip_rate_per_s", one.chip_rate);
    json.field("chip_w", one.chip_w);
    json.field("chip_rate_per_j", one.chip_per_j());
    json.field("ultraserver_it_w", one.power.it_w());
    json.field("ultraserver_rate_per_j", one.ultraserver_per_j());
    json.field("facility_w", one.power.facility_w());
  });
  json.end_object();
}

void write_reading(const Reading& reading, JsonWriter& json) {
  json.begin_object();
  json.field("key", reading.key);
  json.field("text", reading.text);
  json.field("kind", kind_key(reading.kind));
  json.field("unit", reading.unit);
  json.field("base", reading.base);
  json.field("next", reading.next);
  json.field("ratio", reading.ratio());
  json.key("ratio_error_percent");
  reading.kind == ReadingKind::energy ? json.value(kEnergyRatioErrorPercent) : json.null();
  json.field("verdict", verdict_key(reading.verdict));
  json.end_object();
}

void write_claim(const Claim& claim, JsonWriter& json) {
  json.begin_object();
  json.field("key", claim.key);
  json.field("said", claim.said);
  json.field("source", claim.source);
  json.field("factor", claim.factor);
  json.field("modelled", claim.modelled);
  json.field("readings_that_hold", claim.holding());
  json.field("conclusion", conclusion(claim));
  json.field("why", claim.why);
  json.key("readings");
  json.begin_array();
  for (const Reading& reading : claim.readings) write_reading(reading, json);
  json.end_array();
  json.end_object();
}

}  // namespace

std::string claims_text(const MeasuredMachine& base, const MeasuredMachine& next,
                        const std::vector<Claim>& claims) {
  std::string text = fmt::format(
      "Claims of {} against {},\n"
      "each in the readings that it may have. Rates and watts are of kernels on one core, taken "
      "as\n"
      "on all cores of all chips at once. \"fp8; MXFP4\": the first on {}, the second on {}. "
      "Energy\n"
      "is a model: ratios are good to +-{} %, watts to +-{} %. A reading holds from {:.0f} % of "
      "the\n"
      "claim on.\n",
      next.machine.title, base.machine.title, base.machine.name, next.machine.name,
      kEnergyRatioErrorPercent, kEnergyErrorPercent, 100 * (1 - kClaimTolerance));
  for (const Claim& claim : claims) text += claim_text(claim, base.machine.name, next.machine.name);
  text += power_text(base, next);
  text += "\nassumed\n";
  for (const std::string& one : energy_assumptions(next.machine)) text += "  " + one + "\n";
  return text;
}

std::string claims_json(const MeasuredMachine& base, const MeasuredMachine& next,
                        const std::vector<Claim>& claims) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", kClaimsSchema);
  json.key("base");
  write_machine(base, json);
  json.key("next");
  write_machine(next, json);
  json.field("absolute_error_percent", kEnergyErrorPercent);
  json.field("ratio_error_percent", kEnergyRatioErrorPercent);
  json.field("claim_tolerance", kClaimTolerance);
  json.key("assumptions");
  json.begin_array();
  for (const std::string& one : energy_assumptions(next.machine)) json.value(one);
  json.end_array();
  json.key("claims");
  json.begin_array();
  for (const Claim& claim : claims) write_claim(claim, json);
  json.end_array();
  json.end_object();
  return json.text();
}

}  // namespace trainyard

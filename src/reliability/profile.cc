// SPDX-License-Identifier: Apache-2.0
#include "reliability/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/table_reader.h"

namespace trainyard {
namespace {

struct Unit {
  const char* name;
  const char* dimension;
  double factor;
};

constexpr Unit kUnits[] = {
    {"s", "time", 1},
    {"min", "time", 60},
    {"h", "time", 3600},
    {"1/(chip day)", "rate of chips", 1},
    {"1/(node day)", "rate of nodes", 1},
    {"1/day", "rate", 1},
    {"fraction", "share", 1},
    {"ratio", "ratio", 1},
    {"count", "count", 1},
    {"B/s", "speed", 1},
    {"GB/s", "speed", 1e9},
    {"TB/s", "speed", 1e12},
};

class Reader {
 public:
  Reader(ReliabilityProfile& profile, const std::optional<Scaled>& scaled)
      : profile_(profile), scaled_(scaled) {}

  // { value, unit, source, origin, why }; what else the table has may be read by `more`.
  template <typename More>
  double quantity(TableReader& table, const std::string& prefix, const std::string& key,
                  const std::vector<std::string>& dimensions, std::string& dimension, More more) {
    TableReader described = table.table(key);
    SourcedNumber number;
    number.key = prefix.empty() ? key : prefix + "." + key;
    number.value = described.number("value", 0, 1e18);
    const Unit& unit = unit_of(described, dimensions);
    number.unit = unit.name;
    number.source = described.words("source");
    number.origin = described.choice("origin", {"published", "derived", "assumed"});
    number.why = described.words("why", "");
    if ((number.origin == "assumed") == number.why.empty()) {
      throw described.fault("origin", "an assumed number says why, and only such a number",
                            "add why = \"…\", or name the source with origin = \"derived\"");
    }
    more(described);
    described.finish();
    if (scaled_ && scaled_->key == number.key) {
      number.value *= scaled_->factor;
      if (std::string_view(unit.dimension) == "share") number.value = std::min(1.0, number.value);
    }
    profile_.numbers.push_back(number);
    dimension = unit.dimension;
    return number.value * unit.factor;
  }
  double quantity(TableReader& table, const std::string& prefix, const std::string& key,
                  const std::string& dimension) {
    std::string found;
    return quantity(table, prefix, key, {dimension}, found, [](TableReader&) {});
  }

  Duration duration(TableReader& table, const std::string& prefix, const std::string& key) {
    Duration duration;
    if (!table.has(key)) return duration;
    std::string dimension;
    duration.mean_s = quantity(table, prefix, key, {"time"}, dimension, [&](TableReader& more) {
      const std::string spread =
          more.choice("spread", {"fixed", "exponential", "lognormal"}, "fixed");
      if (spread == "exponential") duration.spread = Spread::exponential;
      if (spread == "lognormal") {
        duration.spread = Spread::lognormal;
        duration.cv = more.number("cv", 0, 100);
      }
    });
    return duration;
  }

  FailureKind failure(TableReader& table) {
    FailureKind kind;
    kind.name = table.words("name");
    const std::string effect = table.choice("effect", {"stops", "corrupts", "slows", "planned"});
    for (const Effect one : {Effect::stops, Effect::corrupts, Effect::slows, Effect::planned}) {
      if (effect == effect_name(one)) kind.effect = one;
    }
    std::string dimension;
    const double rate =
        quantity(table, kind.name, "rate", {"rate of chips", "rate of nodes", "rate"}, dimension,
                 [](TableReader&) {});
    (dimension == "rate"            ? kind.per_day
     : dimension == "rate of nodes" ? kind.per_node_day
                                    : kind.per_chip_day) = rate;
    kind.source = profile_.numbers.back().source;
    kind.origin = profile_.numbers.back().origin;
    kind.detection = duration(table, kind.name, "detection");
    kind.repair = duration(table, kind.name, "repair");
    kind.nodes = table.count("nodes", 1, 0);
    if (table.has("copy_lost")) kind.copy_lost = quantity(table, kind.name, "copy_lost", "share");
    if (table.has("slowdown")) kind.slowdown = quantity(table, kind.name, "slowdown", "share");
    if ((kind.effect == Effect::slows) != (kind.slowdown > 0)) {
      throw table.fault("slowdown", "a failure that slows has a slowdown, and no other has",
                        "write effect = \"slows\" and slowdown = { value = 0.05, … }");
    }
    table.finish();
    return kind;
  }

  void read(TableReader root) {
    profile_.file = root.file();
    profile_.title = root.words("title");
    for (TableReader& table : root.tables("failure")) {
      FailureKind kind = failure(table);
      for (const FailureKind& other : profile_.failures) {
        if (other.name == kind.name) {
          throw table.fault("name", fmt::format("two failures are called \"{}\"", kind.name));
        }
      }
      profile_.failures.push_back(std::move(kind));
    }
    TableReader gaps = root.table("gaps");
    if (gaps.has("shape")) profile_.gap_shape = quantity(gaps, "gaps", "shape", "ratio");
    gaps.finish();
    read_returning(root);
    read_noise(root.table("noise"));
    root.finish();
  }

  void read_returning(TableReader& root) {
    TableReader restart = root.table("restart");
    profile_.restart.schedule_s = quantity(restart, "restart", "schedule", "time");
    profile_.restart.warm_up_s = quantity(restart, "restart", "warm_up", "time");
    profile_.regroup_s = quantity(restart, "restart", "regroup", "time");
    restart.finish();
    TableReader validation = root.table("validation");
    profile_.validation_s = quantity(validation, "validation", "time", "time");
    profile_.validation_found = quantity(validation, "validation", "found", "share");
    validation.finish();
    TableReader rates = root.table("checkpoint");
    CheckpointRates& to = profile_.rates;
    to.disk_write_per_chip = quantity(rates, "checkpoint", "disk_write_per_chip", "speed");
    to.disk_read_per_chip = quantity(rates, "checkpoint", "disk_read_per_chip", "speed");
    to.disk_most = quantity(rates, "checkpoint", "disk_most", "speed");
    to.copy_per_chip = quantity(rates, "checkpoint", "copy_per_chip", "speed");
    to.peer_per_chip = quantity(rates, "checkpoint", "peer_per_chip", "speed");
    rates.finish();
  }

  void read_noise(TableReader table) {
    StepNoise& noise = profile_.noise;
    noise.chip_sigma_s = quantity(table, "noise", "chip_sigma", "time");
    noise.chip_sigma_most = quantity(table, "noise", "chip_sigma_most", "share");
    std::string dimension;
    const double hiccups = quantity(table, "noise", "hiccups", {"rate of chips", "rate"}, dimension,
                                    [](TableReader&) {});
    (dimension == "rate" ? noise.hiccups_per_day : noise.hiccups_per_chip_day) = hiccups;
    noise.hiccup_least_s = quantity(table, "noise", "hiccup_least", "time");
    noise.hiccup_most_s = quantity(table, "noise", "hiccup_most", "time");
    noise.hiccup_tail = quantity(table, "noise", "hiccup_tail", "ratio");
    noise.measured_chips =
        static_cast<std::int64_t>(quantity(table, "noise", "measured_chips", "count"));
    table.finish();
  }

 private:
  static const Unit& unit_of(TableReader& described, const std::vector<std::string>& dimensions) {
    const std::string name = described.words("unit");
    std::string fitting;
    for (const Unit& unit : kUnits) {
      const bool fits =
          std::find(dimensions.begin(), dimensions.end(), unit.dimension) != dimensions.end();
      if (fits && name == unit.name) return unit;
      if (fits) fitting += (fitting.empty() ? "" : ", ") + std::string(unit.name);
    }
    throw described.fault("unit", fmt::format("\"{}\" is no unit of this number", name),
                          "write one of " + fitting);
  }

  ReliabilityProfile& profile_;
  const std::optional<Scaled>& scaled_;
};

}  // namespace

ReliabilityProfile read_reliability(const Document& document, const std::optional<Scaled>& scaled) {
  ReliabilityProfile profile;
  Reader(profile, scaled).read(TableReader(document));
  return profile;
}

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
#include "machine/units.h"

#include <cmath>

namespace trainyard {
namespace {

constexpr double kKi = 1024.0;

// The first unit of a dimension is the one struct members hold, unless a field says otherwise.
constexpr Unit kUnits[] = {
    {"Hz", "frequency", 1, "hz"},
    {"MHz", "frequency", 1e6, "mhz"},
    {"GHz", "frequency", 1e9, "ghz"},
    {"ns", "time", 1, "ns"},
    {"us", "time", 1e3, "us"},
    {"ms", "time", 1e6, "ms"},
    {"B", "size", 1, "bytes"},
    {"KiB", "size", kKi, "kib"},
    {"MiB", "size", kKi* kKi, "mib"},
    {"GiB", "size", kKi* kKi* kKi, "gib"},
    {"MB", "size", 1e6, "mb"},
    {"B/s", "bandwidth", 1, "bytes_per_s"},
    {"GB/s", "bandwidth", 1e9, "gb_per_s"},
    {"TB/s", "bandwidth", 1e12, "tb_per_s"},
    {"B/ns", "bandwidth", 1e9, "bytes_per_ns"},
    {"Gb/s", "bandwidth", 1e9 / 8, "gbits_per_s"},
    {"bit/s", "pin rate", 1, "bits_per_s"},
    {"Gbit/s", "pin rate", 1e9, "gbits_per_s"},
    {"FLOP/s", "rate of operations", 1, "flop_per_s"},
    {"TFLOP/s", "rate of operations", 1e12, "tflop_per_s"},
    {"op/s", "rate of integer operations", 1, "op_per_s"},
    {"Top/s", "rate of integer operations", 1e12, "top_per_s"},
    {"cycles", "cycles", 1, "cycles"},
    {"count", "count", 1, ""},
    {"ratio", "ratio", 1, ""},
    {"fraction", "fraction", 1, ""},
    {"pJ", "energy", 1, "pj"},
    {"nJ", "energy", 1e3, "nj"},
    {"pJ/B", "energy per bit", 0.125, "pj_per_byte"},
    {"pJ/bit", "energy per bit", 1, "pj_per_bit"},
    {"W", "power", 1, "w"},
    {"kW", "power", 1e3, "kw"},
    {"USD/h", "price", 1, "usd_per_h"},
};

}  // namespace

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (name == unit.name) return &unit;
  }
  return nullptr;
}

std::vector<std::string> unit_names(std::string_view dimension) {
  std::vector<std::string> names;
  for (const Unit& unit : kUnits) {
    if (dimension.empty() || dimension == unit.dimension) names.emplace_back(unit.name);
  }
  return names;
}

double convert_unit(double value, const Unit& from, const Unit& to) {
  if (from.factor == to.factor) return value;
  const double exact = from.factor >= to.factor ? value * (from.factor / to.factor)
                                                : value / (to.factor / from.factor);
  const double whole = std::nearbyint(exact);
  return whole != 0 && std::abs(exact - whole) <= 1e-12 * std::abs(whole) ? whole : exact;
}

Bounds dimension_bounds(std::string_view dimension) {
  if (dimension == "frequency") return {1e6, 1e11};
  if (dimension == "time") return {1e-3, 1e10};
  if (dimension == "size") return {1, 1e15};
  if (dimension == "bandwidth") return {1e6, 1e16};
  if (dimension == "pin rate") return {1e6, 1e12};
  if (dimension == "rate of operations") return {1e9, 1e20};
  if (dimension == "rate of integer operations") return {1e9, 1e20};
  if (dimension == "cycles") return {1e-3, 1e9};
  if (dimension == "count") return {1, 1e6};
  if (dimension == "ratio") return {1e-6, 1e6};
  if (dimension == "fraction") return {1e-6, 1};
  if (dimension == "energy") return {1e-6, 1e9};
  if (dimension == "energy per bit") return {1e-6, 1e6};
  if (dimension == "power") return {1e-3, 1e6};
  return {1e-6, 1e6};  // price
}

}  // namespace trainyard

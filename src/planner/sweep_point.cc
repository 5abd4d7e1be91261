// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include <fmt/format.h>

#include "planner/sweep.h"
#include "planner/sweep_inputs.h"

namespace trainyard {

std::string hash_of(const std::string& text) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::array<std::uint64_t, 2> hash = {0xcbf29ce484222325, 0x84222325cbf29ce4};
  for (const char letter : text) {
    for (std::uint64_t& half : hash) {
      half = (half ^ static_cast<unsigned char>(letter)) * kPrime;
    }
    hash[1] ^= hash[1] >> 29;  // the halves differ in more than where they begin
  }
  // The last letters move every bit too (MurmurHash3's end).
  for (std::uint64_t& half : hash) {
    half = (half ^ half >> 33) * 0xff51afd7ed558ccd;
    half = (half ^ half >> 33) * 0xc4ceb9fe1a85ec53;
    half ^= half >> 33;
  }
  return fmt::format("{:016x}{:016x}", hash[0], hash[1]);
}

std::string key_of(const Sweep& sweep, std::int64_t point) {
  return hash_of(fmt::format("{}/{}", sweep.hash, point));
}

Fault in_sweep(const Sweep& sweep, const Fault& fault) {
  Fault told = fault;
  for (const SweepAxis& axis : sweep.axes) {
    // A system's base is read without its table's name.
    const bool same = fault.instruction() == axis.key ||
                      (axis.key == "system.base" && fault.instruction() == "base");
    if (same) told.at({sweep.file, axis.line});
  }
  return told;
}

const SweptScenario& PointEvaluation::read(const SweepPlace& place) {
  if (scenario_ == nullptr || place.values != values_) {
    scenario_.reset();
    scenario_ = read_swept(sweep_.what, scenario_of(sweep_, place));
    values_ = place.values;
  }
  return *scenario_;
}

SweepRow PointEvaluation::of(std::int64_t point) {
  SweepRow row;
  row.point = point;
  row.key = key_of(sweep_, point);
  try {
    const SweepPlace place = place_of(sweep_, point);
    const std::unique_ptr<SweptScenario> scenario = read(place).copy();
    scenario->draw(place.run);
    move_inputs(sweep_, place.run, *scenario);
    SweptAnswer answer = scenario->answer();
    row.plan = std::move(answer.plan);
    row.numbers = std::move(answer.numbers);
  } catch (const Fault& fault) {
    if (fault.kind() == FaultKind::internal) throw;
    row.fault = in_sweep(sweep_, fault).message();
  }
  return row;
}

}  // namespace trainyard

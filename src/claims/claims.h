// SPDX-License-Identifier: Apache-2.0
// What is publicly claimed of Trainium3 against Trainium2, and what the model makes of it. A claim
// says a factor and leaves open of what; each way to take it is a reading, computed on both
// machines: by kernels on both (measured.h), or from the machine files where the claim is one of
// specification.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "claims/measured.h"

namespace trainyard {

enum class ReadingKind : std::uint8_t {
  specification,  // numbers of the machine files
  time,           // a kernel's rate
  energy,         // a kernel's rate over its watts
};
enum class Verdict : std::uint8_t {
  holds,         // at least the factor, less kClaimTolerance
  within_error,  // energy: less, but not by more than the model's error
  does_not_hold,
  not_modelled,  // the ratio is of something else, that is modelled
};
inline constexpr double kClaimTolerance = 0.05;

struct Reading {
  std::string key;   // "gemm_8bit"
  std::string text;  // what runs on which
  ReadingKind kind = ReadingKind::specification;
  std::string unit;
  double base = 0, next = 0;
  Verdict verdict = Verdict::holds;

  double ratio() const { return next / base; }
};

struct Claim {
  std::string key;
  std::string said;    // as it was claimed
  std::string source;  // by whom
  double factor = 0;
  bool modelled = true;
  std::vector<Reading> readings;
  std::string why;  // where it does not hold, or why it is not modelled

  int holding() const;
};

std::vector<Claim> claims_of(const MeasuredMachine& base, const MeasuredMachine& next);

std::string verdict_key(Verdict verdict);  // "does_not_hold"
std::string kind_key(ReadingKind kind);    // "specification"

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// Runs a piece of test once per instruction set that the kernels were compiled for and this host
// has, so that their bits can be compared.
#pragma once

#include <vector>

#include "numerics/simd_targets.h"

#include "hwy/highway.h"

namespace trainyard::test {

inline std::vector<long long> kernel_targets() {
  std::vector<long long> targets;
  for (const long long target : {HWY_SCALAR, HWY_EMU128, HWY_NEON, HWY_AVX2, HWY_AVX3}) {
    if ((target & HWY_TARGETS & hwy::SupportedTargets()) != 0) targets.push_back(target);
  }
  return targets;
}

// While it lives, kernels run on `target` only.
class OnTarget {
 public:
  explicit OnTarget(long long target) { choose(target); }
  ~OnTarget() { choose(0); }
  OnTarget(const OnTarget&) = delete;
  OnTarget& operator=(const OnTarget&) = delete;

 private:
  static void choose(long long target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

}  // namespace trainyard::test

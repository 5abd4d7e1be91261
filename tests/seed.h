// SPDX-License-Identifier: Apache-2.0
// The seed of a randomised test: a new one every time, printed; TRAINYARD_SEED=N repeats one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace trainyard::test {

inline std::uint64_t printed_seed() {
  const char* wanted = std::getenv("TRAINYARD_SEED");
  const std::uint64_t seed =
      wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : std::random_device{}();
  std::cout << "seed " << seed << std::endl;  // at once, also when what follows crashes
  return seed;
}

}  // namespace trainyard::test

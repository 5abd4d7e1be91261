// SPDX-License-Identifier: Apache-2.0
// Headers, libraries and machine files of the installed package are where it says they are.
#include <filesystem>
#include <iostream>

#include "base/fault.h"
#include "base/nearest.h"

int main() {
  const bool named = trainyard::nearest_name("tm3", {"trn1", "trn3"}) == "trn3";
  const bool told = trainyard::Fault(trainyard::FaultKind::usage, "a", "b").message() == "a (b)";
  const bool found = std::filesystem::is_regular_file(MACHINES_DIR "/trn3.toml");
  std::cout << "package: " << named + told + found << " passed, " << 3 - (named + told + found)
            << " failed\n";
  return named && told && found ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
#include "machine/reference.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace trainyard {
namespace {

TEST(MachineKeysPage, IsWhatTheFieldListSays) {
  std::ifstream page(TRAINYARD_SOURCE_DIR "/docs/machine-keys.md");
  std::stringstream text;
  text << page.rdbuf();
  EXPECT_EQ(text.str(), machine_keys_markdown())
      << "refresh it: trainyard machine keys > docs/machine-keys.md";
}

}  // namespace
}  // namespace trainyard

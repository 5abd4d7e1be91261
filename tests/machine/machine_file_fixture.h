// SPDX-License-Identifier: Apache-2.0
// Machine files written for one test, in a folder that is removed after it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/fault.h"
#include "machine/machine.h"

namespace trainyard {

class MachineFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "machines_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }

  // The message of the fault that loading `text` throws, and that it is one of usage.
  std::string fault_of(const std::string& text) { return fault_of_file(write("m.toml", text)); }

  static std::string fault_of_file(const std::string& path) {
    try {
      load_machine(path);
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.kind(), FaultKind::usage);
      return fault.message();
    }
    ADD_FAILURE() << "no fault";
    return {};
  }

  std::filesystem::path folder_;
};

}  // namespace trainyard

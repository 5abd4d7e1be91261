// SPDX-License-Identifier: Apache-2.0
// Machine files written for one test, in a folder that is removed after it.
#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/fault.h"
#include "machine/machine.h"
#include "temporary_folder.h"

namespace trainyard {

class MachineFiles : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    return own_.write(name, text);
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

  TemporaryFolder own_;
  const std::filesystem::path folder_ = own_.path();
};

}  // namespace trainyard

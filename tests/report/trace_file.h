// SPDX-License-Identifier: Apache-2.0
// The path of a trace for one test: tests run side by side, in processes of their own.
#pragma once

#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

namespace trainyard {

inline std::string trace_file() {
  return ::testing::TempDir() + "trainyard_" + std::to_string(::getpid()) + ".pftrace";
}

}  // namespace trainyard

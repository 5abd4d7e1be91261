// SPDX-License-Identifier: Apache-2.0
// A long stream's operands are hundreds of bytes for each instruction, more than caches keep from
// one pass over the stream to the next: a pass that asks for them in advance need not wait.
#pragma once

#include <cstddef>

#include "program/program.h"

namespace trainyard {

// To be called by a pass that comes to instruction `at`, of those that follow soon.
inline void fetch_ahead(const Program& program, std::size_t at) {
  constexpr std::size_t kAhead = 4;  // instructions: as long as memory takes to answer
  constexpr std::size_t kCacheLineBytes = 64, kOperandBytes = 256;
  if (at + kAhead >= program.stream.size()) return;
  const auto* operands = static_cast<const char*>(program.stream[at + kAhead].operands);
  for (std::size_t byte = 0; byte < kOperandBytes; byte += kCacheLineBytes) {
    __builtin_prefetch(operands + byte);
  }
}

}  // namespace trainyard

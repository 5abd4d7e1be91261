// SPDX-License-Identifier: Apache-2.0
#include "program/program.h"

namespace trainyard {

void* Arena::allocate(std::size_t bytes, std::size_t align) {
  std::size_t at = (used_ + align - 1) & ~(align - 1);
  if (blocks_.empty() || at + bytes > kBlockBytes) {
    if (bytes > kBlockBytes) {
      throw Fault(FaultKind::internal, "an operand struct is larger than an arena block");
    }
    // Not value-initialised: every operand struct is copied in whole.
    blocks_.emplace_back(new std::byte[kBlockBytes]);
    at = 0;
  }
  used_ = at + bytes;
  total_ += bytes;
  return blocks_.back().get() + at;
}

}  // namespace trainyard

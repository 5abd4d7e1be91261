// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "program/program.h"

namespace trainyard {
namespace {

constexpr std::size_t kFirstBlockBytes = std::size_t{1} << 16;
constexpr std::size_t kBlockBytesMax = std::size_t{2} << 20;

}  // namespace

void* Arena::allocate_in_new_block(std::size_t bytes) {
  const std::size_t wanted = std::clamp(2 * block_bytes_, kFirstBlockBytes, kBlockBytesMax);
  if (bytes > wanted) {
    throw Fault(FaultKind::internal, "an operand struct is larger than an arena block");
  }
  blocks_.emplace_back(static_cast<std::byte*>(allocate_big(wanted)), Free{wanted});
  block_bytes_ = wanted;
  used_ = bytes;
  total_ += bytes;
  return blocks_.back().get();
}

}  // namespace trainyard

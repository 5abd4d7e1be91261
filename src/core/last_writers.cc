// SPDX-License-Identifier: Apache-2.0
#include "core/last_writers.h"

#include <algorithm>

namespace trainyard {
namespace {

constexpr std::int64_t kStretchBytes = 64;

}  // namespace

LastWriters::LastWriters(std::int64_t partition_bytes)
    : stretches_(static_cast<std::size_t>((partition_bytes + kStretchBytes - 1) / kStretchBytes)) {}

void LastWriters::wrote(const LastWriter& write) {
  const auto first = static_cast<std::size_t>(write.extent.first_byte / kStretchBytes);
  const auto last = static_cast<std::size_t>((write.extent.end_byte - 1) / kStretchBytes);
  for (std::size_t i = first; i <= last && i < stretches_.size(); ++i) stretches_[i] = write;
}

const LastWriter* LastWriters::other_writer(TensorId tensor, const Extent& extent) const {
  const auto first = static_cast<std::size_t>(extent.first_byte / kStretchBytes);
  const auto last = static_cast<std::size_t>((extent.end_byte - 1) / kStretchBytes);
  for (std::size_t i = first; i <= last && i < stretches_.size(); ++i) {
    const LastWriter& writer = stretches_[i];
    if (writer.tensor != kNoTensor && writer.tensor != tensor && writer.extent.meets(extent)) {
      return &writer;
    }
  }
  return nullptr;
}

void LastWriters::clear() {
  std::fill(stretches_.begin(), stretches_.end(), LastWriter{});
}

}  // namespace trainyard

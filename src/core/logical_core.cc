// SPDX-License-Identifier: Apache-2.0
#include "core/logical_core.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "base/fault.h"

namespace trainyard {

LogicalCore::LogicalCore(int cores) {
  for (int i = 0; i < cores; ++i) seats_.push_back(std::make_unique<Seat>(*this, i));
}

std::shared_ptr<SharedTensor> LogicalCore::next_shared(int core, const TensorInfo& info) {
  const std::size_t k = seat(core).shared_made_;
  if (k == shared_.size()) {
    auto tensor = std::make_shared<SharedTensor>();
    const std::size_t rounded = (static_cast<std::size_t>(info.partition_bytes) + 63) / 64 * 64;
    auto* bytes = static_cast<std::byte*>(std::aligned_alloc(64, rounded));
    if (bytes == nullptr) {
      throw Fault(FaultKind::limit, "this host has no memory left for another tensor",
                  "use smaller tensors");
    }
    tensor->bytes = std::shared_ptr<std::byte>(bytes, [](std::byte* p) { std::free(p); });
    tensor->size_bytes = info.partition_bytes;
    tensor->written.reset(0, info.partition_bytes / static_cast<int>(dtype_bytes(info.dtype)));
    shared_.push_back(std::move(tensor));
  }
  if (shared_[k]->size_bytes != info.partition_bytes) {
    throw Fault(FaultKind::program,
                fmt::format("shared_hbm tensor {} of core {} has {} bytes, that of another core {}",
                            k + 1, core, info.partition_bytes, shared_[k]->size_bytes),
                "all cores make the same shared tensors in the same order");
  }
  ++seat(core).shared_made_;
  return shared_[k];
}

void LogicalCore::reset() {
  shared_.clear();
  messages_.clear();
  for (auto& seat : seats_) {
    seat->shared_made_ = 0;
    seat->waits_for_ = -1;
  }
}

void LogicalCore::Seat::send(Channel channel, int to, Message message) {
  logical_.messages_[{channel, self_, to}].push_back(std::move(message));
}

bool LogicalCore::Seat::wait_for(Channel channel, int from) {
  const auto line = logical_.messages_.find({channel, from, self_});
  const bool there = line != logical_.messages_.end() && !line->second.empty();
  if (!there) waits_for_ = from;
  return there;
}

Peers::Message LogicalCore::Seat::receive(Channel channel, int from) {
  auto& line = logical_.messages_[{channel, from, self_}];
  if (line.empty()) throw Fault(FaultKind::internal, "a message is taken before it came");
  Message message = std::move(line.front());
  line.pop_front();
  met_ = met_ || from != self_;
  return message;
}

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
#include "core/logical_core.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::uint64_t kBetweenRanks = 1u << 20;  // boards between ranks; below: of a rank's cores

}  // namespace

LogicalCore::LogicalCore(int cores, int rank)
    : cores_(cores),
      board_(cores, static_cast<std::uint64_t>(rank)),
      shared_made_(static_cast<std::size_t>(cores), 0) {}

std::shared_ptr<SharedTensor> LogicalCore::next_shared(int core, const TensorInfo& info) {
  std::size_t& made = shared_made_[static_cast<std::size_t>(core)];
  if (made == shared_.size()) {
    auto tensor = std::make_shared<SharedTensor>();
    const std::size_t rounded = (static_cast<std::size_t>(info.partition_bytes) + 63) / 64 * 64;
    auto* bytes = static_cast<std::byte*>(std::aligned_alloc(64, rounded));
    if (bytes == nullptr) {
      throw Fault(FaultKind::limit, "this host has no memory left for another tensor",
                  "use smaller tensors");
    }
    tensor->bytes = std::shared_ptr<std::byte>(bytes, [](std::byte* p) { std::free(p); });
    tensor->size_bytes = info.partition_bytes;
    tensor->written.reset(
        0, info.partition_bytes / static_cast<std::int64_t>(dtype_bytes(info.dtype)));
    shared_.push_back(std::move(tensor));
  }
  const std::shared_ptr<SharedTensor>& tensor = shared_[made];
  if (tensor->size_bytes != info.partition_bytes) {
    throw Fault(FaultKind::program,
                fmt::format("shared_hbm tensor {} of core {} has {} bytes, that of another core {}",
                            made + 1, core, info.partition_bytes, tensor->size_bytes),
                "all cores make the same shared tensors in the same order");
  }
  ++made;
  return tensor;
}

void LogicalCore::reset() {
  shared_.clear();
  board_.reset();
  races_.reset();
  shared_made_.assign(shared_made_.size(), 0);
}

World::World(int ranks, int cores_each) {
  for (int rank = 0; rank < ranks; ++rank) {
    logical_.push_back(std::make_shared<LogicalCore>(cores_each, rank));
  }
  for (int core = 0; core < cores_each; ++core) {
    boards_.push_back(
        std::make_unique<MessageBoard>(ranks, kBetweenRanks + static_cast<std::uint64_t>(core)));
  }
}

}  // namespace trainyard

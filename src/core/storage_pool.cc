// SPDX-License-Identifier: Apache-2.0
#include "core/storage_pool.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>
#include <new>

#include <unistd.h>

#include "base/fault.h"

namespace trainyard {
namespace {

std::size_t host_memory_bytes() {
  static const std::size_t bytes = [] {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page_bytes = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page_bytes <= 0) return std::numeric_limits<std::size_t>::max();
    return static_cast<std::size_t>(pages) * static_cast<std::size_t>(page_bytes);
  }();
  return bytes;
}

}  // namespace

void StoragePool::Free::operator()(std::byte* block) const {
  std::free(block);
}

// Class c holds (4 + c % 4) << (c / 4) units of 64 bytes.
std::size_t StoragePool::class_bytes(int size_class) {
  return (std::size_t{4} + static_cast<std::size_t>(size_class % 4)) << (size_class / 4) << 6;
}

int StoragePool::class_of(std::size_t bytes) {
  const std::size_t units = (bytes + 63) / 64;
  if (units <= 4) return 0;
  const int shift = static_cast<int>(std::bit_width(units)) - 3;
  const std::size_t quarter = (units + (std::size_t{1} << shift) - 1) >> shift;  // 4 to 8
  return shift * 4 + static_cast<int>(quarter) - 4;
}

std::byte* StoragePool::take(std::size_t bytes) {
  const int size_class = class_of(bytes);
  if (size_class >= kClasses) throw Fault(FaultKind::limit, "a tensor is too large for this host");
  auto& free = free_[static_cast<std::size_t>(size_class)];
  if (!free.empty()) {
    std::byte* block = free.back();
    free.pop_back();
    return block;
  }
  // The host would grant more than it has, and kill the process that uses it.
  const std::size_t wanted = class_bytes(size_class);
  const bool fits = wanted <= host_memory_bytes() && taken_bytes_ <= host_memory_bytes() - wanted;
  auto* block = fits ? static_cast<std::byte*>(std::aligned_alloc(64, wanted)) : nullptr;
  if (block == nullptr) {
    throw Fault(FaultKind::limit, "this host has no memory left for another tensor",
                "release tensors, or use smaller ones");
  }
  taken_bytes_ += wanted;
  blocks_.emplace_back(block);
  return block;
}

void StoragePool::give_back(std::byte* block, std::size_t bytes) {
  free_[static_cast<std::size_t>(class_of(bytes))].push_back(block);
}

std::shared_ptr<std::byte> StoragePool::disown(std::byte* block, std::size_t bytes) {
  const auto at = std::find_if(blocks_.begin(), blocks_.end(),
                               [block](const auto& owned) { return owned.get() == block; });
  if (at == blocks_.end()) throw Fault(FaultKind::internal, "the block is not of this pool");
  std::shared_ptr<std::byte> owned = std::move(*at);
  *at = std::move(blocks_.back());
  blocks_.pop_back();
  taken_bytes_ -= class_bytes(class_of(bytes));
  return owned;
}

}  // namespace trainyard

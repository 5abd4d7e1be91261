// SPDX-License-Identifier: Apache-2.0
#include "base/big_vector.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

namespace trainyard {
namespace {

// Smaller blocks the host recycles well itself.
constexpr std::size_t kKeptBytesMin = std::size_t{1} << 16;
constexpr std::size_t kKeptBytesMax = std::size_t{64} << 20;  // of all blocks together
// Blocks of at least one such page ask for large pages: a fault for each 4 KiB takes longer than
// clearing them.
constexpr std::size_t kLargePageBytes = std::size_t{2} << 20;

// Blocks come in four sizes per power of two, so that a block fits another vector.
std::size_t class_bytes(std::size_t bytes) {
  const std::size_t step = std::bit_ceil(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

// Blocks given back, a few: programs have a dozen tables.
class KeptBlocks {
 public:
  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < count_; ++i) {
      if (blocks_[i].bytes != bytes) continue;
      void* block = blocks_[i].block;
      total_ -= bytes;
      blocks_[i] = blocks_[--count_];
      return block;
    }
    return nullptr;
  }

  bool keep(void* block, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (count_ == blocks_.size() || total_ + bytes > kKeptBytesMax) return false;
    blocks_[count_++] = {block, bytes};
    total_ += bytes;
    return true;
  }

 private:
  struct Block {
    void* block = nullptr;
    std::size_t bytes = 0;
  };
  std::mutex mutex_;
  std::array<Block, 64> blocks_;
  std::size_t count_ = 0;
  std::size_t total_ = 0;
};

// Never destroyed: static vectors may outlive every other static object.
KeptBlocks& kept_blocks() {
  static auto* blocks = new KeptBlocks;
  return *blocks;
}

void* allocate_in_large_pages(std::size_t bytes) {
  void* block = std::aligned_alloc(kLargePageBytes, bytes);
#ifdef MADV_HUGEPAGE
  if (block != nullptr) madvise(block, bytes, MADV_HUGEPAGE);
#endif
  return block;
}

}  // namespace

void* allocate_big(std::size_t bytes) {
  void* block = nullptr;
  if (bytes >= kKeptBytesMin) {
    bytes = class_bytes(bytes);
    block = kept_blocks().take(bytes);
  }
  if (block == nullptr) {
    block = bytes < kLargePageBytes ? std::malloc(bytes) : allocate_in_large_pages(bytes);
  }
  if (block == nullptr && bytes > 0) throw std::bad_alloc();
  return block;
}

void free_big(void* block, std::size_t bytes) noexcept {
  if (bytes >= kKeptBytesMin && kept_blocks().keep(block, class_bytes(bytes))) return;
  std::free(block);
}

}  // namespace trainyard

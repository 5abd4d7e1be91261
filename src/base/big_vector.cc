// SPDX-License-Identifier: Apache-2.0
#include "base/big_vector.h"

#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace trainyard {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

void* allocate_huge(std::size_t bytes) {
  // Whole pages, as aligned_alloc wants it; what is not touched costs nothing.
  const std::size_t whole = (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  void* block = std::aligned_alloc(kHugePageBytes, whole);
#ifdef __linux__
  // Where the advice cannot be followed the memory is as good.
  if (block != nullptr) (void)madvise(block, whole, MADV_HUGEPAGE);
#endif
  return block;
}

}  // namespace

void* allocate_big(std::size_t bytes) {
  void* block = bytes >= kHugePageBytes ? allocate_huge(bytes) : std::malloc(bytes);
  if (block == nullptr && bytes > 0) throw std::bad_alloc();
  return block;
}

void free_big(void* block) noexcept {
  std::free(block);
}

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// A vector for data that grows with a Program. Faulting in fresh pages for the tables of a stream
// would take as long as filling them, so that what one kernel call gave back the next one uses.
#pragma once

#include <cstddef>
#include <vector>

namespace trainyard {

// Throws std::bad_alloc. `bytes` of free_big: as they were asked for.
void* allocate_big(std::size_t bytes);
void free_big(void* block, std::size_t bytes) noexcept;

template <class T>
struct BigAllocator {
  using value_type = T;

  BigAllocator() = default;
  template <class U>
  BigAllocator(const BigAllocator<U>&) {}

  T* allocate(std::size_t n) { return static_cast<T*>(allocate_big(n * sizeof(T))); }
  void deallocate(T* block, std::size_t n) noexcept { free_big(block, n * sizeof(T)); }

  friend bool operator==(const BigAllocator&, const BigAllocator&) { return true; }
};

template <class T>
using BigVector = std::vector<T, BigAllocator<T>>;

}  // namespace trainyard

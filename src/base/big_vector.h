// SPDX-License-Identifier: Apache-2.0
// A vector for data that grows with a Program. Large ones ask the host for huge pages: faulting in
// the tables of a long stream by small pages would take as long as filling them.
#pragma once

#include <cstddef>
#include <vector>

namespace trainyard {

// At least 2 MiB: aligned to 2 MiB, huge pages where the host has them. Throws std::bad_alloc.
void* allocate_big(std::size_t bytes);
void free_big(void* block) noexcept;

template <class T>
struct BigAllocator {
  using value_type = T;

  BigAllocator() = default;
  template <class U>
  BigAllocator(const BigAllocator<U>&) {}

  T* allocate(std::size_t n) { return static_cast<T*>(allocate_big(n * sizeof(T))); }
  void deallocate(T* block, std::size_t) noexcept { free_big(block); }

  friend bool operator==(const BigAllocator&, const BigAllocator&) { return true; }
};

template <class T>
using BigVector = std::vector<T, BigAllocator<T>>;

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// Blocks of bytes for tensors, recycled by size class: kernels allocate thousands of equal tiles.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace trainyard {

class StoragePool {
 public:
  // At least `bytes` bytes, 64-byte aligned, contents undefined.
  std::byte* take(std::size_t bytes);
  void give_back(std::byte* block, std::size_t bytes);
  // The block is the caller's: the pool neither recycles nor frees it.
  std::shared_ptr<std::byte> disown(std::byte* block, std::size_t bytes);

 private:
  struct Free {
    void operator()(std::byte* block) const;
  };
  static constexpr int kClasses = 4 * 48;  // four per power of two

  static int class_of(std::size_t bytes);
  static std::size_t class_bytes(int size_class);

  std::array<std::vector<std::byte*>, kClasses> free_;
  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
  std::size_t taken_bytes_ = 0;  // of all blocks
};

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// Blocks of keys and values that later requests with the same beginning use again. A block that
// nobody holds is idle, and goes when room is needed, the one longest unused first.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

namespace trainyard {

class PrefixCache {
 public:
  // How many of the first `count` hashes are here, from the beginning.
  std::size_t match(const std::vector<std::uint64_t>& hashes, std::size_t count) const;
  // Holds a block, which is made if it is not here. Whether it was here.
  bool hold(std::uint64_t hash);
  // Of the first `count`; the deepest will go first.
  void release(const std::vector<std::uint64_t>& hashes, std::size_t count);
  // False when every block is held.
  bool evict();

  std::int64_t blocks() const { return static_cast<std::int64_t>(blocks_.size()); }
  std::int64_t idle() const { return static_cast<std::int64_t>(idle_.size()); }

 private:
  struct Block {
    std::int64_t holders = 0;
    std::list<std::uint64_t>::iterator place;  // in idle_, when nobody holds it
  };

  std::unordered_map<std::uint64_t, Block> blocks_;
  std::list<std::uint64_t> idle_;  // the next to go first
};

}  // namespace trainyard

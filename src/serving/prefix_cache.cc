// SPDX-License-Identifier: Apache-2.0
#include "serving/prefix_cache.h"

namespace trainyard {

std::size_t PrefixCache::match(const std::vector<std::uint64_t>& hashes, std::size_t count) const {
  std::size_t found = 0;
  while (found < count && blocks_.count(hashes[found]) > 0) ++found;
  return found;
}

bool PrefixCache::hold(std::uint64_t hash) {
  const auto [at, made] = blocks_.try_emplace(hash);
  Block& block = at->second;
  if (!made && block.holders == 0) idle_.erase(block.place);
  ++block.holders;
  return !made;
}

void PrefixCache::release(const std::vector<std::uint64_t>& hashes, std::size_t count) {
  for (std::size_t i = count; i-- > 0;) {
    const auto at = blocks_.find(hashes[i]);
    if (at == blocks_.end() || --at->second.holders > 0) continue;
    at->second.place = idle_.insert(idle_.end(), hashes[i]);
  }
}

bool PrefixCache::evict() {
  if (idle_.empty()) return false;
  blocks_.erase(idle_.front());
  idle_.pop_front();
  return true;
}

}  // namespace trainyard

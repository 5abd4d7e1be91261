// SPDX-License-Identifier: Apache-2.0
// rearrange(): split, reorder and merge dimensions by name.
#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"
#include "program/tile.h"

namespace trainyard {
namespace {

std::vector<std::string> flat(const NamedDims& dims) {
  std::vector<std::string> names;
  for (const auto& group : dims) names.insert(names.end(), group.begin(), group.end());
  return names;
}

Fault refuse(std::string rule, std::string hint) {
  return Fault(FaultKind::program, std::move(rule), std::move(hint)).in("rearrange");
}

}  // namespace

Tile Tile::rearrange(const NamedDims& from, const NamedDims& to,
                     const std::vector<std::pair<std::string, std::int64_t>>& sizes) const {
  if (static_cast<int>(from.size()) != rank()) {
    throw refuse(fmt::format("the source pattern names {} dimensions of a tensor that has {}",
                             from.size(), rank()),
                 "one name or group for each dimension");
  }
  const std::vector<std::string> source = flat(from), wanted = flat(to);
  std::vector<std::string> a = source, b = wanted;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  if (a != b || std::adjacent_find(a.begin(), a.end()) != a.end()) {
    throw refuse("both patterns must have the same names, each once", "compare the two patterns");
  }
  Tile result = *this;
  int dim = 0;
  for (std::size_t g = 0; g < from.size(); ++g) {
    Shape shape;
    for (const std::string& name : from[g]) {
      const auto size = std::find_if(sizes.begin(), sizes.end(),
                                     [&](const auto& pair) { return pair.first == name; });
      shape.push_back(size != sizes.end() ? size->second : -1);
    }
    if (std::count(shape.begin(), shape.end(), -1) > 1) {
      throw refuse(fmt::format("only one size of group {} can be left open", g),
                   "give the others in fixed_sizes");
    }
    const auto width = static_cast<int>(shape.size());
    result = result.reshape_dim(dim, std::move(shape));
    dim += width;
  }
  std::vector<int> order;
  for (const std::string& name : wanted) {
    order.push_back(
        static_cast<int>(std::find(source.begin(), source.end(), name) - source.begin()));
  }
  result = result.permute(order);
  dim = 0;
  for (const auto& group : to) {
    result = result.flatten_dims(dim, dim + static_cast<int>(group.size()) - 1);
    ++dim;
  }
  return result;
}

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// Random chains of views against a list of element positions that is sliced, permuted and
// reshaped by its meaning alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "program/tile_fixture.h"
#include "seed.h"

namespace trainyard {
namespace {

// An array of element positions, row-major.
struct Positions {
  Shape shape;
  std::vector<std::int64_t> at;

  static Positions of(const Shape& shape) {
    Positions p{shape, {}};
    std::int64_t n = 1;
    for (const std::int64_t size : shape) n *= size;
    for (std::int64_t i = 0; i < n; ++i) p.at.push_back(i);
    return p;
  }

  // Element `index` of the result comes from `source(index)`.
  template <class Source>
  Positions mapped(const Shape& to, Source&& source) const {
    Positions result{to, {}};
    const std::vector<std::int64_t> count = of(to).at;
    for (std::int64_t flat : count) {
      Shape index_of(to.size());
      for (std::size_t d = to.size(); d-- > 0;) {
        index_of[d] = flat % to[d];
        flat /= to[d];
      }
      const Shape from = source(index_of);
      std::int64_t position = 0;
      for (std::size_t d = 0; d < shape.size(); ++d) position = position * shape[d] + from[d];
      result.at.push_back(at[static_cast<std::size_t>(position)]);
    }
    return result;
  }
};

class RandomViews {
 public:
  RandomViews(std::uint32_t seed, Space space) : random_(seed) {
    const Shape shape = {pick(1, 6), pick(1, 6), pick(1, 6)};
    tile_ = tile_of(space, shape);
    positions_ = Positions::of(shape);
  }

  void step() {
    const int dim = static_cast<int>(pick(0, tile_.rank() - 1));
    const auto d = static_cast<std::size_t>(dim);
    const std::int64_t size = positions_.shape[d];
    switch (pick(0, 4)) {
      case 0: {
        const std::int64_t start = pick(0, size - 1), stop = pick(start + 1, size);
        const std::int64_t by = pick(1, 3);
        Shape to = positions_.shape;
        to[d] = (stop - start + by - 1) / by;
        positions_ = positions_.mapped(to, [&](Shape i) {
          i[d] = start + i[d] * by;
          return i;
        });
        tile_ = tile_.slice(dim, start, stop, by);
        break;
      }
      case 1: {
        std::vector<int> order;
        for (int i = 0; i < tile_.rank(); ++i) order.push_back(i);
        std::shuffle(order.begin() + (on_chip(tile_.view().space) ? 1 : 0), order.end(), random_);
        Shape to;
        for (const int o : order) to.push_back(positions_.shape[static_cast<std::size_t>(o)]);
        positions_ = positions_.mapped(to, [&](const Shape& i) {
          Shape from(i.size());
          for (std::size_t k = 0; k < i.size(); ++k)
            from[static_cast<std::size_t>(order[k])] = i[k];
          return from;
        });
        tile_ = tile_.permute(order);
        break;
      }
      case 2: {
        if (tile_.rank() > 5 || (dim == 0 && on_chip(tile_.view().space))) break;
        const std::int64_t outer = size % 2 == 0 ? 2 : 1;
        positions_.shape[d] = size / outer;
        positions_.shape.insert(positions_.shape.begin() + dim, outer);
        tile_ = tile_.reshape_dim(dim, {outer, size / outer});
        break;
      }
      case 3: {
        // Any shape of the same size; where the strides do not allow it the view stays.
        Shape to = positions_.shape;
        const int first = on_chip(tile_.view().space) ? 1 : 0;
        if (static_cast<int>(to.size()) < first + 2) break;
        const auto m = static_cast<std::size_t>(pick(first, static_cast<int>(to.size()) - 2));
        to[m] *= to[m + 1];
        to.erase(to.begin() + static_cast<std::ptrdiff_t>(m) + 1);
        if (static_cast<int>(to.size()) < first + 1) break;
        try {
          tile_ = tile_.reshape(to);
          positions_.shape = to;
        } catch (const Fault&) {
        }
        break;
      }
      default: {
        if (size != 1 || (dim == 0 && on_chip(tile_.view().space))) break;
        Shape to = positions_.shape;
        to[d] = pick(1, 3);
        positions_ = positions_.mapped(to, [&](Shape i) {
          i[d] = 0;
          return i;
        });
        tile_ = tile_.broadcast(dim, to[d]);
      }
    }
  }

  void compare() const {
    ASSERT_EQ(shape_of(tile_), positions_.shape);
    ASSERT_EQ(elements_of(tile_), positions_.at);
  }

 private:
  std::int64_t pick(std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random_() % static_cast<std::uint32_t>(most - least + 1));
  }

  std::mt19937 random_;
  Tile tile_;
  Positions positions_;
};

void run_chains(Space space) {
  const auto seed = static_cast<std::uint32_t>(test::printed_seed());
  for (std::uint32_t chain = 0; chain < 400; ++chain) {
    RandomViews views(seed + chain, space);
    for (int i = 0; i < 8; ++i) {
      views.step();
      views.compare();
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(RandomChainsOfViews, AddressTheRightElementsInHbm) {
  run_chains(Space::hbm);
}
TEST(RandomChainsOfViews, AddressTheRightElementsOnChip) {
  run_chains(Space::sbuf);
}

}  // namespace
}  // namespace trainyard

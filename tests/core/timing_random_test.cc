// SPDX-License-Identifier: Apache-2.0
// Random programs: whatever the order, no instruction touches bytes that another still needs.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "core/hand_program.h"
#include "core/timeline.h"
#include "isa/instructions/all.h"

namespace trainyard {
namespace {

// One operand of one instruction in physical coordinates.
struct Use {
  std::int64_t first_byte, end_byte;
  std::int32_t first_partition, end_partition;
  bool write;

  bool clashes(const Use& other) const {
    return (write || other.write) && first_byte < other.end_byte && other.first_byte < end_byte &&
           first_partition < other.end_partition && other.first_partition < end_partition;
  }
};

class RandomKernel {
 public:
  explicit RandomKernel(std::uint32_t seed) : random_(seed) {}

  HandProgram hand;
  std::vector<std::vector<Use>> uses;

  std::int32_t below(int n) {
    return static_cast<std::int32_t>(random_() % static_cast<unsigned>(n));
  }

  // Partitions [32 a, 32 b) and some columns of the tensor.
  View piece(View view, std::int32_t column_count) {
    const std::int32_t wide = view.dims[0].count / 32;
    const std::int32_t from = below(wide);
    view.partition = 32 * from;
    view.dims[0].count = 32;
    return columns(view, below(view.dims[1].count - column_count + 1), column_count);
  }

  void copy(const View& to, const View& from, Engine engine) {
    hand.add(TensorCopy{.dst = to, .src = from}, engine);
    pending_.push_back({to, from});
  }

  void resolve(const Placement& placement) {
    for (const auto& [to, from] : pending_) {
      uses.push_back({use(to, placement, true), use(from, placement, false)});
    }
  }

 private:
  Use use(const View& view, const Placement& placement, bool write) const {
    const Placed& placed = placement.tensors[view.tensor];
    const std::int64_t first = placed.byte + view.offset_bytes;
    const std::int32_t partition = placed.partition + view.partition;
    return {first, first + 4 * view.dims[1].count, partition, partition + view.dims[0].count,
            write};
  }

  std::mt19937 random_;
  std::vector<std::pair<View, View>> pending_;
};

void expect_no_clash(const RandomKernel& kernel, const Timeline& timeline, std::uint32_t seed) {
  for (std::size_t i = 0; i < kernel.uses.size(); ++i) {
    for (std::size_t j = i + 1; j < kernel.uses.size(); ++j) {
      for (const Use& x : kernel.uses[i]) {
        for (const Use& y : kernel.uses[j]) {
          if (!x.clashes(y)) continue;
          const Span& a = timeline.spans[i];
          const Span& b = timeline.spans[j];
          const bool pipelined = a.engine == b.engine && !(x.write && !y.write);
          ASSERT_GE(b.start, pipelined ? a.busy_end : a.end)
              << i << " and " << j << ", seed " << seed;
        }
      }
    }
  }
}

constexpr std::array<Engine, 3> kEngines = {Engine::vector, Engine::scalar, Engine::gpsimd};

TEST(random_programs, pieces_of_a_few_tiles_many_times) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    RandomKernel kernel(seed);
    std::vector<View> tiles;
    for (int i = 0; i < 3; ++i) tiles.push_back(kernel.hand.sbuf({128, 64}, DType::float32));
    for (int i = 0; i < 1500; ++i) {
      const std::int32_t n = 1 + kernel.below(32);
      kernel.copy(kernel.piece(tiles[kernel.below(3)], n), kernel.piece(tiles[kernel.below(3)], n),
                  kEngines[kernel.below(3)]);
    }
    const Timeline timeline = time_program(kernel.hand.program, load_machine("trn2"));
    kernel.resolve(timeline.placement);
    expect_no_clash(kernel, timeline, seed);
  }
}

TEST(random_programs, tensors_come_and_go_in_little_room) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    RandomKernel kernel(seed);
    std::vector<View> live{kernel.hand.sbuf({128, 64}, DType::float32)};
    for (int i = 0; i < 1000; ++i) {
      live.push_back(kernel.hand.sbuf({32 * (1 + kernel.below(4)), 1000 + kernel.below(9000)},
                                      DType::float32));
      if (live.size() > 5) live.erase(live.begin() + kernel.below(4));
      const View& from =
          live[static_cast<std::size_t>(kernel.below(static_cast<int>(live.size())))];
      kernel.copy(kernel.piece(live.back(), 40), kernel.piece(from, 40), kEngines[kernel.below(3)]);
    }
    const Timeline timeline = time_program(kernel.hand.program, load_machine("trn2"));
    ASSERT_TRUE(timeline.placement.spills.empty()) << "seed " << seed;
    kernel.resolve(timeline.placement);
    expect_no_clash(kernel, timeline, seed);
  }
}

TEST(random_programs, tensors_with_addresses_may_overlap_while_both_live) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    RandomKernel kernel(seed);
    std::vector<View> tiles;
    for (int i = 0; i < 1000; ++i) {
      if (tiles.size() < 10 || kernel.below(4) == 0) {
        const std::int32_t quadrants = 1 + kernel.below(2);
        tiles.push_back(kernel.hand.sbuf({32 * quadrants, 16 + kernel.below(48)}, DType::float32,
                                         {}, 4 * kernel.below(200), 64 * kernel.below(2)));
      }
      const int recent = static_cast<int>(std::min<std::size_t>(tiles.size(), 12));
      const View& to = tiles[tiles.size() - 1 - static_cast<std::size_t>(kernel.below(recent))];
      const View& from = tiles[tiles.size() - 1 - static_cast<std::size_t>(kernel.below(recent))];
      kernel.copy(kernel.piece(to, 8), kernel.piece(from, 8), kEngines[kernel.below(3)]);
    }
    const Timeline timeline = time_program(kernel.hand.program, load_machine("trn2"));
    kernel.resolve(timeline.placement);
    expect_no_clash(kernel, timeline, seed);
  }
}

}  // namespace
}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// Where tensors lie: rest, capacities, banks, addresses, spills, and kernels that cannot fit.
#include "program/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/hand_program.h"
#include "isa/instructions/all.h"

namespace trainyard {
namespace {

constexpr std::int32_t kKib = 1024;

// A tile of `kib` KiB in each partition.
View tile(HandProgram& hand, std::int32_t kib, std::string name = {}) {
  return hand.sbuf({128, kib * kKib / 4}, DType::float32, std::move(name));
}
void copy(HandProgram& hand, const View& to, const View& from) {
  hand.add(TensorCopy{.dst = to, .src = from}, Engine::vector);
}

// Small tiles lie between: a rotation over all of SBUF would find no hole for the large ones.
TEST(placement, the_bytes_of_tiles_rest_as_long_as_there_is_room) {
  HandProgram hand;
  std::vector<TensorId> ids;
  const View keep = tile(hand, 60);
  for (int i = 0; i < 40; ++i) {
    for (const std::int32_t kib : {16, 1}) {
      const View a = tile(hand, kib);
      if (kib == 16) ids.push_back(a.tensor);
      copy(hand, columns(a, 0, 256), columns(keep, 0, 256));
    }
  }
  copy(hand, keep, keep);
  const Placement placement = place(hand.program, load_machine("trn2"));
  EXPECT_TRUE(placement.spills.empty());
  for (std::size_t i = 0; i + 4 < ids.size(); ++i) {
    std::set<std::int64_t> places;
    for (std::size_t j = i; j < i + 4; ++j) places.insert(placement.tensors[ids[j]].byte);
    EXPECT_EQ(places.size(), 4u) << "tiles from " << i;
  }
}

TEST(placement, tiles_of_a_loop_lie_apart_where_all_fit) {
  HandProgram hand;
  std::vector<TensorId> ids;
  const View keep = tile(hand, 1);
  for (int i = 0; i < 8; ++i) {
    const View a = tile(hand, 16);
    ids.push_back(a.tensor);
    copy(hand, columns(a, 0, 256), keep);
  }
  const Placement placement = place(hand.program, load_machine("trn2"));
  std::set<std::int64_t> places;
  for (TensorId id : ids) places.insert(placement.tensors[id].byte);
  EXPECT_EQ(places.size(), ids.size());
}

TEST(placement, an_unused_tensor_takes_no_room) {
  HandProgram hand;
  const View a = tile(hand, 100), b = tile(hand, 100), unused = tile(hand, 100);
  copy(hand, a, b);
  const Placement placement = place(hand.program, load_machine("trn2"));
  EXPECT_EQ(placement.tensors[unused.tensor].byte, -1);
  EXPECT_EQ(placement.sbuf_peak_bytes, 200 * kKib);
}

TEST(placement, psum_tensors_stay_within_banks) {
  HandProgram hand;
  const View x = tile(hand, 2);
  std::vector<TensorId> ids;
  for (int i = 0; i < 20; ++i) {
    const View sum = hand.psum({128, i % 2 == 0 ? 512 : 300}, DType::float32);
    copy(hand, sum, columns(x, 0, i % 2 == 0 ? 512 : 300));
    ids.push_back(sum.tensor);
  }
  const Machine machine = load_machine("trn2");
  const Placement placement = place(hand.program, machine);
  for (TensorId id : ids) {
    const std::int64_t first = placement.tensors[id].byte;
    const std::int64_t last = first + hand.program.tensors[id].partition_bytes - 1;
    EXPECT_EQ(first / machine.psum.bank_size_bytes, last / machine.psum.bank_size_bytes);
  }
}

TEST(placement, a_tensor_with_an_address_stays_there_and_others_keep_clear) {
  HandProgram hand;
  const View fixed = hand.sbuf({128, 1024}, DType::float32, "fixed", 8192, 0);
  const View a = tile(hand, 8), b = tile(hand, 8);
  copy(hand, columns(fixed, 0, 1024), columns(a, 0, 1024));
  copy(hand, b, a);
  copy(hand, columns(b, 0, 1024), fixed);
  const Placement placement = place(hand.program, load_machine("trn2"));
  EXPECT_EQ(placement.tensors[fixed.tensor].byte, 8192);
  for (const View& other : {a, b}) {
    const std::int64_t byte = placement.tensors[other.tensor].byte;
    EXPECT_TRUE(byte + 8 * kKib <= 8192 || byte >= 8192 + 4096) << byte;
  }
}

TEST(placement, tensors_that_live_together_never_overlap) {
  constexpr std::uint32_t kSeed = 7;
  std::mt19937 random(kSeed);
  for (int round = 0; round < 20; ++round) {
    HandProgram hand;
    std::vector<View> live{tile(hand, 1)};
    for (int i = 0; i < 300; ++i) {
      const View next = tile(hand, 1 + static_cast<std::int32_t>(random() % 24));
      copy(hand, columns(next, 0, 1), columns(live[random() % live.size()], 0, 1));
      live.push_back(next);
      if (live.size() > 12) live.erase(live.begin() + static_cast<long>(random() % 12));
    }
    const Placement placement = place(hand.program, load_machine("trn2"));
    if (!placement.spills.empty()) continue;
    const auto& t = placement.tensors;
    for (TensorId a = 0; a < t.size(); ++a) {
      for (TensorId b = a + 1; b < t.size(); ++b) {
        if (!t[a].used || !t[b].used) continue;
        if (t[a].first_use > t[b].last_use || t[b].first_use > t[a].last_use) continue;
        EXPECT_TRUE(t[a].byte + hand.program.tensors[a].partition_bytes <= t[b].byte ||
                    t[b].byte + hand.program.tensors[b].partition_bytes <= t[a].byte)
            << "seed " << kSeed << ", round " << round << ", tensors " << a << " and " << b;
      }
    }
  }
}

// Of three tiles of 90 KiB two fit; `late`, which `write` gives its values, is used again last.
template <class Write>
std::pair<TensorId, Placement> place_crowded(Write write) {
  HandProgram hand;
  const View soon = tile(hand, 90, "soon"), late = tile(hand, 90, "late");
  const View c = tile(hand, 90, "c"), small = tile(hand, 4);
  copy(hand, columns(soon, 0, 1024), small);
  write(hand, late, small);
  copy(hand, c, soon);
  copy(hand, soon, c);
  copy(hand, columns(small, 0, 1024), columns(late, 0, 1024));
  return {late.tensor, place(hand.program, load_machine("trn2"))};
}

TEST(placement, what_does_not_fit_spills_the_tensor_with_the_farthest_next_use) {
  const auto [late, placement] =
      place_crowded([](HandProgram& hand, const View& tile, const View& small) {
        copy(hand, columns(tile, 0, 1024), small);
      });
  ASSERT_EQ(placement.spills.size(), 1u);
  EXPECT_EQ(placement.spills[0].tensor, late);
  EXPECT_EQ(placement.spills[0].bytes, 2 * 128 * 90 * kKib);
  ASSERT_EQ(placement.moves.size(), 2u);
  EXPECT_TRUE(placement.moves[0].store);
  EXPECT_EQ(placement.moves[0].before, 2u);
  EXPECT_FALSE(placement.moves[1].store);
  EXPECT_EQ(placement.moves[1].before, 4u);
}

// NKIBench's matmul on Trainium1 saves nothing, and reads its right side again.
TEST(placement, what_was_loaded_is_loaded_again_and_not_saved) {
  const auto [late, placement] =
      place_crowded([](HandProgram& hand, const View& tile, const View&) {
        const View in = hand.hbm({128, 90 * kKib / 4}, DType::float32, TensorRole::input);
        hand.add(DmaCopy{.dst = tile, .src = in}, Engine::dma);
      });
  ASSERT_EQ(placement.spills.size(), 1u);
  EXPECT_EQ(placement.spills[0].tensor, late);
  EXPECT_EQ(placement.spills[0].bytes, 128 * 90 * kKib);
  ASSERT_EQ(placement.moves.size(), 1u);
  EXPECT_FALSE(placement.moves[0].store);
  EXPECT_EQ(placement.moves[0].before, 4u);
}

TEST(placement, an_impossible_kernel_is_told_what_is_live) {
  HandProgram hand;
  hand.line = 12;
  const View a = tile(hand, 150, "weights");
  hand.line = 13;
  const View b = tile(hand, 150, "scores");
  hand.line = 14;
  copy(hand, b, a);
  try {
    place(hand.program, load_machine("trn2"));
    FAIL() << "300 KiB fit into 224";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::limit);
    EXPECT_THAT(fault.message(), testing::HasSubstr("weights 153600 B (line 12)"));
    EXPECT_THAT(fault.message(), testing::HasSubstr("scores 153600 B (line 13)"));
    EXPECT_THAT(fault.message(), testing::HasSubstr("kernel.py:14: tensor_copy"));
  }
}

TEST(placement, psum_cannot_spill) {
  HandProgram hand;
  const View x = tile(hand, 2);
  std::vector<View> sums;
  for (int i = 0; i < 9; ++i) sums.push_back(hand.psum({128, 512}, DType::float32, "sum"));
  for (const View& sum : sums) copy(hand, sum, x);
  for (const View& sum : sums) copy(hand, x, sum);
  EXPECT_THROW(place(hand.program, load_machine("trn2")), Fault);
}

TEST(placement, hbm_peak_counts_arguments_always_and_others_while_they_live) {
  HandProgram hand;
  const View in = hand.hbm({128, 256}, DType::float32, TensorRole::input);
  const View first = hand.hbm({128, 256}, DType::float32, TensorRole::internal);
  const View second = hand.hbm({128, 256}, DType::float32, TensorRole::internal);
  const View a = tile(hand, 1);
  hand.add(DmaCopy{.dst = a, .src = in}, Engine::dma);
  hand.add(DmaCopy{.dst = first, .src = a}, Engine::dma);
  hand.add(DmaCopy{.dst = second, .src = a}, Engine::dma);
  EXPECT_EQ(place(hand.program, load_machine("trn2")).hbm_peak_bytes, 2 * 128 * kKib);
}

}  // namespace
}  // namespace trainyard

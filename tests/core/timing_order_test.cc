// SPDX-License-Identifier: Apache-2.0
// Which instructions wait for which, what may overlap, and why an instruction waited.
#include <gtest/gtest.h>

#include <random>

#include "core/hand_program.h"
#include "core/timeline.h"
#include "isa/instructions/all.h"

namespace trainyard {
namespace {

// Loads, doubles and stores `count` tiles of 512 KiB.
HandProgram streaming(int count) {
  HandProgram hand;
  const View in = hand.hbm({count * 128, 2048}, DType::bfloat16, TensorRole::input);
  const View out = hand.hbm({count * 128, 2048}, DType::bfloat16, TensorRole::output);
  for (int i = 0; i < count; ++i) {
    const View a = hand.sbuf({128, 2048}, DType::bfloat16);
    const View b = hand.sbuf({128, 2048}, DType::bfloat16);
    hand.add(DmaCopy{.dst = a, .src = rows(in, i * 128, 128)}, Engine::dma);
    hand.add(TensorTensor{.dst = b, .data1 = a, .data2 = a, .op = AluOp::add}, Engine::vector);
    hand.add(DmaCopy{.dst = rows(out, i * 128, 128), .src = b}, Engine::dma);
  }
  return hand;
}

TEST(overlap, loads_computation_and_stores_of_a_loop_overlap) {
  const Machine machine = load_machine("trn2");
  const HandProgram hand = streaming(64);
  const Timeline timeline = time_program(hand.program, machine);
  const double bytes = 2.0 * 64 * 128 * 4096;
  const double engines = bytes / machine.dma.core_bandwidth_bytes_per_s() * 1e6;
  const double vector = timeline.busy[static_cast<int>(Engine::vector)].us();
  const double used = timeline.total.us() - 15.0;
  EXPECT_LT(vector, used);
  EXPECT_GT(used, engines);
  EXPECT_LT(used, 1.25 * std::max(engines, vector) + 10.0) << "in sequence: " << engines + vector;
}

TEST(overlap, the_two_halves_of_a_tile_are_written_at_the_same_time) {
  HandProgram hand;
  const View sum = hand.psum({128, 512}, DType::float32);
  const View tile = hand.sbuf({128, 512}, DType::float32);
  const auto left = hand.add(
      TensorCopy{.dst = columns(tile, 0, 256), .src = columns(sum, 0, 256)}, Engine::vector);
  const auto right = hand.add(
      TensorCopy{.dst = columns(tile, 256, 256), .src = columns(sum, 256, 256)}, Engine::scalar);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  EXPECT_EQ(timeline.spans[left].start, timeline.spans[right].start);
}

TEST(overlap, interleaved_columns_are_written_at_the_same_time) {
  HandProgram hand;
  const View sum = hand.psum({128, 256}, DType::float32);
  const View tile = hand.sbuf({128, 512}, DType::float32);
  View even = tile;
  even.dims[1] = {2, 256};
  View odd = even;
  odd.offset_bytes = 4;
  hand.add(TensorCopy{.dst = even, .src = sum}, Engine::vector);
  const auto second = hand.add(TensorCopy{.dst = odd, .src = sum}, Engine::scalar);
  const auto both = hand.add(TensorCopy{.dst = sum, .src = even}, Engine::scalar);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  EXPECT_EQ(timeline.spans[second].start, timeline.spans[0].start);
  EXPECT_GE(timeline.spans[both].start, timeline.spans[0].end);
}

TEST(overlap, column_tiles_of_a_matrix_in_hbm_are_stored_at_the_same_time) {
  HandProgram hand;
  const View out = hand.hbm({128, 1024}, DType::float32, TensorRole::output);
  const View tile = hand.sbuf({128, 512}, DType::float32);
  hand.add(DmaCopy{.dst = columns(out, 0, 512), .src = tile}, Engine::dma);
  hand.add(DmaCopy{.dst = columns(out, 512, 512), .src = tile}, Engine::dma);
  hand.add(DmaCopy{.dst = columns(out, 256, 512), .src = tile}, Engine::dma);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  EXPECT_LT(timeline.spans[1].start, timeline.spans[0].end);
  EXPECT_GE(timeline.spans[2].start, timeline.spans[0].end);
  EXPECT_GE(timeline.spans[2].start, timeline.spans[1].end);
}

TEST(waiting, a_reader_waits_for_its_operand_and_says_so) {
  HandProgram hand;
  const View in = hand.hbm({128, 512}, DType::float32, TensorRole::input);
  const View a = hand.sbuf({128, 512}, DType::float32);
  const View b = hand.sbuf({128, 512}, DType::float32);
  const auto load = hand.add(DmaCopy{.dst = a, .src = in}, Engine::dma);
  const auto copy = hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
  const auto onward = hand.add(TensorCopy{.dst = a, .src = b}, Engine::scalar);
  const Machine machine = load_machine("trn2");
  const Timeline timeline = time_program(hand.program, machine);
  const auto& spans = timeline.spans;
  EXPECT_EQ(spans[load].reason, WaitReason::none);
  EXPECT_EQ(spans[copy].start, spans[load].end) << "a DMA's completion counts to the waiter";
  EXPECT_EQ(spans[copy].reason, WaitReason::operand);
  EXPECT_EQ(spans[copy].waited_for, load);
  EXPECT_EQ(spans[onward].start,
            spans[copy].end + Time::from_ns(machine.semaphore.latency_ns));
}

TEST(waiting, a_writer_waits_for_the_last_reader_of_its_destination) {
  HandProgram hand;
  const View a = hand.sbuf({128, 512}, DType::float32);
  const View b = hand.sbuf({128, 512}, DType::float32);
  const View c = hand.sbuf({128, 16}, DType::float32);
  const auto reader = hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
  const auto writer = hand.add(TensorCopy{.dst = columns(a, 0, 16), .src = c}, Engine::scalar);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  EXPECT_GE(timeline.spans[writer].start, timeline.spans[reader].end);
  EXPECT_EQ(timeline.spans[writer].reason, WaitReason::reuse);
  EXPECT_EQ(timeline.spans[writer].waited_for, reader);
}

TEST(waiting, depends_on_is_kept) {
  HandProgram hand;
  const View a = hand.sbuf({128, 512}, DType::float32);
  const View b = hand.sbuf({128, 512}, DType::float32);
  const View c = hand.sbuf({128, 512}, DType::float32);
  const View d = hand.sbuf({128, 512}, DType::float32);
  const auto first = hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
  const auto second = hand.add(TensorCopy{.dst = d, .src = c}, Engine::scalar);
  const Machine machine = load_machine("trn2");
  EXPECT_EQ(time_program(hand.program, machine).spans[second].start, Time::from_us(15));
  hand.program.depends.emplace_back(second, first);
  const Timeline timeline = time_program(hand.program, machine);
  EXPECT_GE(timeline.spans[second].start, timeline.spans[first].end);
  EXPECT_EQ(timeline.spans[second].reason, WaitReason::order);
}

// A vector copy that has to wait for a load, then one that does not.
std::vector<std::uint32_t> vector_order(bool fixed) {
  HandProgram hand;
  hand.fixed_order = fixed;
  const View in = hand.hbm({128, 512}, DType::float32, TensorRole::input);
  const View a = hand.sbuf({128, 512}, DType::float32);
  const View b = hand.sbuf({128, 512}, DType::float32);
  const View c = hand.sbuf({128, 512}, DType::float32);
  const View d = hand.sbuf({128, 512}, DType::float32);
  hand.add(DmaCopy{.dst = a, .src = in}, Engine::dma);
  hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
  hand.add(TensorCopy{.dst = d, .src = c}, Engine::vector);
  return time_program(hand.program, load_machine("trn2")).order[static_cast<int>(Engine::vector)];
}

TEST(scheduling, what_is_ready_goes_first_unless_the_kernel_fixes_the_order) {
  EXPECT_EQ(vector_order(false), (std::vector<std::uint32_t>{2, 1}));
  EXPECT_EQ(vector_order(true), (std::vector<std::uint32_t>{1, 2}));
}

TEST(scheduling, dmas_spread_over_the_queues_that_can_issue_them) {
  HandProgram hand = streaming(32);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  EXPECT_GT(timeline.order[static_cast<int>(Engine::sync)].size(), 16u);
  EXPECT_GT(timeline.order[static_cast<int>(Engine::scalar)].size(), 16u);
  HandProgram asked;
  const View in = asked.hbm({128, 512}, DType::float32, TensorRole::input);
  const View a = asked.sbuf({128, 512}, DType::float32);
  const auto load =
      asked.add(DmaCopy{.dst = a, .src = in, .dge_mode = DgeMode::swdge}, Engine::dma);
  const Timeline software = time_program(asked.program, load_machine("trn2"));
  EXPECT_EQ(software.spans[load].engine, Engine::gpsimd);
}

TEST(ports, trn1_vector_and_scalar_engines_take_turns_at_psum) {
  HandProgram hand;
  const View a = hand.psum({128, 512}, DType::float32);
  const View b = hand.psum({128, 512}, DType::float32);
  const View x = hand.sbuf({128, 512}, DType::float32);
  const View y = hand.sbuf({128, 512}, DType::float32);
  hand.add(TensorCopy{.dst = x, .src = a}, Engine::vector);
  hand.add(TensorCopy{.dst = y, .src = b}, Engine::scalar);
  const Timeline two = time_program(hand.program, load_machine("trn2"));
  EXPECT_EQ(two.spans[0].start, two.spans[1].start);
  const Timeline one = time_program(hand.program, load_machine("trn1"));
  const bool vector_first = one.spans[0].start < one.spans[1].start;
  const Span& first = one.spans[vector_first ? 0 : 1];
  const Span& second = one.spans[vector_first ? 1 : 0];
  EXPECT_GE(second.start, first.busy_end);
  EXPECT_EQ(second.reason, WaitReason::port);
}

TEST(determinism, the_same_program_gives_the_same_timeline) {
  const Machine machine = load_machine("trn3");
  const HandProgram hand = streaming(100);
  const Timeline a = time_program(hand.program, machine);
  const Timeline b = time_program(hand.program, machine);
  ASSERT_EQ(a.spans.size(), b.spans.size());
  EXPECT_EQ(a.total, b.total);
  for (std::size_t i = 0; i < a.spans.size(); ++i) {
    EXPECT_EQ(a.spans[i].start, b.spans[i].start);
    EXPECT_EQ(a.spans[i].end, b.spans[i].end);
    EXPECT_EQ(a.spans[i].waited_for, b.spans[i].waited_for);
  }
}

// Copies between a few tiles at random: whatever the order, no two touch the same bytes at once.
TEST(dependencies, random_programs_never_touch_bytes_that_are_still_in_use) {
  constexpr std::uint32_t kSeed = 20260;
  std::mt19937 random(kSeed);
  const auto below = [&](int n) { return static_cast<std::int32_t>(random() % n); };
  for (int round = 0; round < 30; ++round) {
    HandProgram hand;
    std::vector<View> tiles;
    for (int i = 0; i < 4; ++i) tiles.push_back(hand.sbuf({128, 64}, DType::float32));
    struct Use { int tile; std::int32_t first, end; bool write; };
    std::vector<std::array<Use, 2>> uses;
    for (int i = 0; i < 200; ++i) {
      const std::int32_t n = 1 + below(32);
      const Use from{below(4), below(32), 0, false}, to{below(4), below(32), 0, true};
      hand.add(TensorCopy{.dst = columns(tiles[to.tile], to.first, n),
                          .src = columns(tiles[from.tile], from.first, n)},
               std::array{Engine::vector, Engine::scalar, Engine::gpsimd}[random() % 3]);
      uses.push_back({Use{from.tile, from.first, from.first + n, false},
                      Use{to.tile, to.first, to.first + n, true}});
    }
    const Timeline timeline = time_program(hand.program, load_machine("trn2"));
    for (std::size_t i = 0; i < uses.size(); ++i) {
      for (std::size_t j = i + 1; j < uses.size(); ++j) {
        for (const Use& x : uses[i]) {
          for (const Use& y : uses[j]) {
            const bool clash = x.tile == y.tile && x.first < y.end && y.first < x.end &&
                               (x.write || y.write);
            if (!clash) continue;
            const Span& a = timeline.spans[i];
            const Span& b = timeline.spans[j];
            const bool needs_result = x.write && !y.write;
            const bool pipelined = a.engine == b.engine && !needs_result;
            ASSERT_GE(b.start, pipelined ? a.busy_end : a.end)
                << i << " and " << j << ", round " << round << ", seed " << kSeed;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace trainyard

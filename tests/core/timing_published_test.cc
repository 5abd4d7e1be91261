// SPDX-License-Identifier: Apache-2.0
// Published and traced points (facts/machine.md 4b and 5), each as a program of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/hand_program.h"
#include "core/timeline.h"
#include "isa/instructions/all.h"

namespace trainyard {
namespace {

using testing::AllOf;
using testing::DoubleNear;
using testing::Ge;
using testing::Le;

double duration_ns(const Span& span) {
  return (span.end - span.start).ns();
}

TEST(published_times, a_vector_engine_copy_of_512_fp32_from_psum_takes_690_ns_on_trn2) {
  const Machine machine = load_machine("trn2");
  HandProgram hand;
  const View from = hand.psum({128, 512}, DType::float32);
  const View to = hand.sbuf({128, 512}, DType::float32);
  const std::uint32_t copy = hand.add(TensorCopy{.dst = to, .src = from}, Engine::vector);
  const Timeline timeline = time_program(hand.program, machine);
  EXPECT_THAT(duration_ns(timeline.spans[copy]), DoubleNear(690.0, 1.0));
  EXPECT_EQ(timeline.spans[copy].start, Time::from_us(15));
}

TEST(published_times, a_scalar_engine_copy_of_512_takes_585_ns_on_trn2) {
  HandProgram hand;
  const View from = hand.psum({128, 512}, DType::float32);
  const View to = hand.sbuf({128, 512}, DType::float32);
  const std::uint32_t copy = hand.add(TensorCopy{.dst = to, .src = from}, Engine::scalar);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  EXPECT_THAT(duration_ns(timeline.spans[copy]), DoubleNear(585.0, 1.0));
}

// `count` matmuls without a wait but for the engine; the interval between the last two starts.
struct Steady {
  double first_ns = 0, last_ns = 0, retire_ns = 0;
};
Steady steady_matmul(const char* machine, DType dtype, std::int32_t columns_moving, int count) {
  HandProgram hand;
  const View weights = hand.sbuf({128, 128}, dtype);
  const View data = hand.sbuf({128, columns_moving}, dtype);
  const View sum = hand.psum({128, columns_moving}, DType::float32);
  for (int i = 0; i < count; ++i) {
    hand.add(NcMatmul{.dst = sum, .stationary = weights, .moving = data}, Engine::tensor);
  }
  const Timeline timeline = time_program(hand.program, load_machine(machine));
  const auto& spans = timeline.spans;
  const std::size_t last = spans.size() - 1;
  return {(spans[1].start - spans[0].start).ns(), (spans[last].start - spans[last - 1].start).ns(),
          (spans[last].end - spans[last].busy_end).ns()};
}

TEST(published_times, bf16_matmuls_follow_each_other_every_213_ns_at_full_clock) {
  const Steady steady = steady_matmul("trn2", DType::bfloat16, 512, 400);
  EXPECT_THAT(steady.first_ns, DoubleNear(427.0, 1.0)) << "the clock starts at half rate";
  EXPECT_THAT(steady.last_ns, DoubleNear(213.3, 0.5));
  EXPECT_THAT(steady.retire_ns, DoubleNear(164.7, 1.0));
}

TEST(published_times, fp32_matmuls_take_four_times_as_long_as_bf16) {
  EXPECT_THAT(steady_matmul("trn2", DType::float32, 512, 100).last_ns, DoubleNear(853.3, 1.0));
  // Two passes, each of 112 ns: as many bytes of weights as of moving rows.
  EXPECT_THAT(steady_matmul("trn2", DType::float32, 128, 300).last_ns, DoubleNear(224.0, 1.0));
}

// 64 cycles of start-up (nki.isa docstrings, v2.26.0): AWS's blocked product takes 213 ns each, all
// told (matrix_multiplication.rst).
TEST(published_times, trn1_has_no_clock_gate_and_a_start_up) {
  const Steady steady = steady_matmul("trn1", DType::bfloat16, 512, 100);
  EXPECT_DOUBLE_EQ(steady.first_ns, steady.last_ns);
  EXPECT_THAT(steady.last_ns, DoubleNear((512 + 64) / 2.8, 0.5));
}

TEST(published_times, the_clock_gate_opens_and_closes_on_the_grid_of_6_827_us) {
  HandProgram hand;
  const View weights = hand.sbuf({128, 128}, DType::bfloat16);
  const View data = hand.sbuf({128, 512}, DType::bfloat16);
  const View sum = hand.psum({128, 512}, DType::float32);
  for (int i = 0; i < 200; ++i) {
    hand.add(NcMatmul{.dst = sum, .stationary = weights, .moving = data}, Engine::tensor);
  }
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  ASSERT_GE(timeline.tensor_clock.size(), 2u);
  EXPECT_DOUBLE_EQ(timeline.tensor_clock[0].share, 0.5);
  EXPECT_DOUBLE_EQ(timeline.tensor_clock[1].share, 1.0);
  // Matmuls begin at 15 us: the window that ends at 2.5 grid steps is busy for 2 of its 6.8 us.
  EXPECT_THAT(timeline.tensor_clock[1].start.us(), DoubleNear(3.5 * 6.8267, 0.001));
}

struct Copy {
  double first_packet_us, carry_us, complete_us;
};
Copy store_of(std::int32_t bytes_per_row, std::int32_t row_count) {
  HandProgram hand;
  const View from = hand.sbuf({128, bytes_per_row * row_count / 128 / 2}, DType::bfloat16);
  const View to = hand.hbm({row_count, bytes_per_row / 2}, DType::bfloat16, TensorRole::output);
  View source = from;
  const std::int32_t pieces = row_count / 128;
  if (pieces > 1) {
    source.rank = 3;
    source.dims[1] = {bytes_per_row / 2, pieces};
    source.dims[2] = {1, bytes_per_row / 2};
  }
  View target = to;
  target.rank = 3;
  target.dims[0] = {bytes_per_row / 2, 128};
  target.dims[1] = {bytes_per_row / 2 * 128, pieces};
  target.dims[2] = {1, bytes_per_row / 2};
  const std::uint32_t store =
      hand.add(DmaCopy{.dst = target, .src = source}, Engine::dma, Engine::sync);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  const Transfer& transfer = timeline.transfers.at(timeline.spans[store].transfer);
  return {(transfer.first_packet - timeline.spans[store].start).us(),
          (transfer.last_packet - transfer.first_packet).us(),
          (transfer.complete - transfer.last_packet).us()};
}

TEST(published_times, one_mebibyte_from_sbuf_to_hbm_in_2_kib_packets) {
  const Copy copy = store_of(2048, 512);
  EXPECT_THAT(copy.first_packet_us, DoubleNear(1.34, 0.01));
  // Traced: 2.74 to 3.03 us; the packets alone take 32 x 83 ns on each of 16 engines, which begin
  // one after another.
  EXPECT_THAT(copy.carry_us, AllOf(Ge(2.6), Le(3.03)));
  EXPECT_THAT(copy.complete_us, DoubleNear(0.37, 0.01));
}

// Two loads of 512 KiB, one after another in a queue, in rows of `row_bytes`.
double two_loads_us(std::int32_t row_bytes) {
  HandProgram hand;
  const std::int32_t pieces = (512 << 10) / 128 / row_bytes;
  for (int i = 0; i < 2; ++i) {
    View from = hand.hbm({128 * pieces, row_bytes / 2}, DType::bfloat16, TensorRole::input);
    View to = hand.sbuf({128, pieces * row_bytes / 2}, DType::bfloat16);
    from.rank = to.rank = 3;
    from.dims[0] = {row_bytes / 2, 128};
    from.dims[1] = {row_bytes / 2 * 128, pieces};
    to.dims[1] = {row_bytes / 2, pieces};
    from.dims[2] = to.dims[2] = {1, row_bytes / 2};
    hand.add(DmaCopy{.dst = to, .src = from, .dge_mode = DgeMode::hwdge}, Engine::dma,
             Engine::sync);
  }
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  return (timeline.transfers[1].last_packet - timeline.transfers[0].first_packet).us();
}

// Two stores of 1 MiB from `partitions` partitions each, one half of which may be the other half of
// the core's.
double two_stores_us(std::int32_t partitions, std::int32_t second_partition) {
  HandProgram hand;
  const std::int32_t row_bytes = (1 << 20) / partitions;
  for (const std::int32_t partition : {0, second_partition}) {
    View from = hand.sbuf({128, row_bytes / 2}, DType::bfloat16);
    from.partition = partition;
    from.dims[0].count = partitions;
    const View to = hand.hbm({partitions, row_bytes / 2}, DType::bfloat16, TensorRole::output);
    hand.add(DmaCopy{.dst = to, .src = from}, Engine::dma, Engine::sync);
  }
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  return (later(timeline.transfers[0].last_packet, timeline.transfers[1].last_packet) -
          timeline.transfers[0].first_packet)
      .us();
}

// nki/deep-dives/nki-dma-bandwidth-guide.rst: fewer partitions mean fewer engines. NKIBench's
// rope_v1 (Jerry2423/kda-for-trainium), all on partitions 0 to 63, moves 403 MB at 213 GB/s.
TEST(published_times, tiles_on_half_of_the_partitions_go_through_half_of_the_engines) {
  const double all = two_stores_us(128, 0);
  EXPECT_NEAR(two_stores_us(64, 0) / all, 2.0, 0.1);
  EXPECT_NEAR(two_stores_us(64, 64) / all, 1.0, 0.15);
}

TEST(published_times, loads_in_rows_of_2_kib_are_slower_than_stores_and_than_whole_packets) {
  EXPECT_THAT(two_loads_us(2048), AllOf(Ge(3.7), Le(4.4)));  // traced: 3.80 to 4.37
  EXPECT_THAT(two_loads_us(4096), AllOf(Ge(2.5), Le(2.9)));
}

TEST(published_times, a_dma_transpose_in_sbuf_has_half_of_the_bandwidth) {
  HandProgram hand;
  const View from = hand.sbuf({128, 512}, DType::bfloat16);
  View source = from;
  source.rank = 3;
  source.dims[1] = {128, 4};
  source.dims[2] = {1, 128};
  View target = hand.sbuf({128, 512}, DType::bfloat16);
  target.rank = 3;
  target.dims[1] = {128, 4};
  target.dims[2] = {1, 128};
  hand.add(DmaTranspose{.dst = target, .src = source}, Engine::dma, Engine::sync);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  const Transfer& transfer = timeline.transfers.at(0);
  ASSERT_EQ(transfer.packets, 512);
  EXPECT_THAT(transfer.packet.ns(), DoubleNear(7.5 + 2 * 256 / 27.2, 0.01));
}

TEST(published_times, hbm_bytes_are_counted_once_for_each_direction) {
  HandProgram hand;
  const View in = hand.hbm({128, 512}, DType::float32, TensorRole::input);
  const View out = hand.hbm({128, 512}, DType::float32, TensorRole::output);
  const View tile = hand.sbuf({128, 512}, DType::float32);
  hand.add(DmaCopy{.dst = tile, .src = in}, Engine::dma);
  hand.add(DmaCopy{.dst = out, .src = tile}, Engine::dma);
  const Timeline timeline = time_program(hand.program, load_machine("trn3"));
  EXPECT_EQ(timeline.hbm_read_bytes, 128 * 512 * 4);
  EXPECT_EQ(timeline.hbm_write_bytes, 128 * 512 * 4);
  ASSERT_EQ(timeline.transfers.size(), 2u);
  EXPECT_EQ(timeline.transfers[0].bytes, 128 * 512 * 4);
  EXPECT_GE(timeline.transfers[1].first_packet, timeline.transfers[0].complete);
}

}  // namespace
}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// Which instructions wait for which, what may overlap, and why an instruction waited.
#include <gtest/gtest.h>

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
  const auto left = hand.add(TensorCopy{.dst = columns(tile, 0, 256), .src = columns(sum, 0, 256)},
                             Engine::vector);
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
  EXPECT_EQ(spans[onward].start, spans[copy].end + Time::from_ns(machine.semaphore.latency_ns));
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

// Two products, then a transpose that a third one needs.
std::vector<std::uint32_t> tensor_order(bool earlier_language) {
  HandProgram hand;
  hand.program.earlier_language = earlier_language;
  const View weights = hand.sbuf({128, 128}, DType::bfloat16);
  const View data = hand.sbuf({128, 512}, DType::bfloat16);
  const View turned = hand.psum({128, 128}, DType::bfloat16);
  const View other = hand.sbuf({128, 128}, DType::bfloat16);
  const auto product = [&](const View& stationary) {
    hand.add(
        NcMatmul{
            .dst = hand.psum({128, 512}, DType::float32), .stationary = stationary, .moving = data},
        Engine::tensor);
  };
  product(weights);
  product(weights);
  hand.add(NcTranspose{.dst = turned, .data = weights}, Engine::tensor);
  hand.add(TensorCopy{.dst = other, .src = turned}, Engine::vector);
  product(other);
  return time_program(hand.program, load_machine("trn2")).order[static_cast<int>(Engine::tensor)];
}

TEST(scheduling, products_do_not_give_way_to_a_transpose_in_the_earlier_language) {
  EXPECT_EQ(tensor_order(false), (std::vector<std::uint32_t>{2, 0, 1, 4}));
  EXPECT_EQ(tensor_order(true), (std::vector<std::uint32_t>{0, 1, 2, 4}));
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

TEST(scalar_engine, another_activation_table_is_loaded_before_its_first_use) {
  HandProgram hand;
  const View a = hand.sbuf({128, 512}, DType::float32);
  const View b = hand.sbuf({128, 512}, DType::float32);
  hand.fixed_order = true;
  hand.add(Activation{.dst = b, .op = Function::exp, .data = a}, Engine::scalar);
  hand.add(Activation{.dst = a, .op = Function::exp, .data = b}, Engine::scalar);
  hand.add(Activation{.dst = b, .op = Function::tanh, .data = a}, Engine::scalar);
  const Machine machine = load_machine("trn2");
  const Timeline timeline = time_program(hand.program, machine);
  EXPECT_EQ(timeline.table_loads, 2);
  EXPECT_EQ(timeline.spans[0].reason, WaitReason::table_load);
  EXPECT_EQ(timeline.spans[0].start - timeline.spans[0].queued,
            Time::from_ns(machine.scalar.table_load_latency_ns));
  EXPECT_EQ(timeline.spans[1].start, timeline.spans[0].busy_end);
  EXPECT_EQ(timeline.spans[2].reason, WaitReason::table_load);
}

TEST(tensor_engine, a_stationary_operand_that_comes_late_is_loaded_before_the_matmul) {
  HandProgram hand;
  const View raw = hand.sbuf({128, 128}, DType::bfloat16);
  const View weights = hand.sbuf({128, 128}, DType::bfloat16);
  const View data = hand.sbuf({128, 512}, DType::bfloat16);
  const View sum = hand.psum({128, 512}, DType::float32);
  const auto made = hand.add(TensorCopy{.dst = weights, .src = raw}, Engine::vector);
  const auto product =
      hand.add(NcMatmul{.dst = sum, .stationary = weights, .moving = data}, Engine::tensor);
  const auto next =
      hand.add(NcMatmul{.dst = sum, .stationary = weights, .moving = data}, Engine::tensor);
  const Machine machine = load_machine("trn1");  // without a clock gate
  const Timeline timeline = time_program(hand.program, machine);
  const auto& spans = timeline.spans;
  const Time load = Time::from_ns(machine.tensor.weight_load_latency_ns) +
                    Time::from_cycles(128 / machine.tensor.weight_load_columns_per_cycle,
                                      machine.tensor.clock_hz);
  EXPECT_EQ(spans[product].start,
            spans[made].end + Time::from_ns(machine.semaphore.latency_ns) + load);
  EXPECT_EQ(spans[product].reason, WaitReason::weight_load);
  EXPECT_EQ(spans[product].waited_for, made);
  EXPECT_EQ(spans[next].start, spans[product].busy_end) << "hidden behind the matmul before";
}

TEST(spills, a_spilled_tensor_is_waited_for) {
  HandProgram hand;
  const auto tile = [&](std::int32_t kib) { return hand.sbuf({128, kib * 256}, DType::float32); };
  const View soon = tile(90), late = tile(90), other = tile(90), small = tile(4);
  hand.add(TensorCopy{.dst = columns(soon, 0, 1024), .src = small}, Engine::vector);
  hand.add(TensorCopy{.dst = columns(late, 0, 1024), .src = small}, Engine::vector);
  hand.add(TensorCopy{.dst = other, .src = soon}, Engine::vector);
  hand.add(TensorCopy{.dst = soon, .src = other}, Engine::vector);
  const auto back = hand.add(
      TensorCopy{.dst = columns(small, 0, 1024), .src = columns(late, 0, 1024)}, Engine::scalar);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  EXPECT_EQ(timeline.spans[back].reason, WaitReason::spill);
  ASSERT_EQ(timeline.transfers.size(), 2u);
  EXPECT_EQ(timeline.transfers[0].instruction, kNoInstruction);
  EXPECT_EQ(timeline.hbm_write_bytes, 128 * 90 * 1024);
  EXPECT_EQ(timeline.hbm_read_bytes, 128 * 90 * 1024);
  EXPECT_GE(timeline.spans[back].start, timeline.transfers[1].complete);
  EXPECT_GE(timeline.transfers[1].first_packet, timeline.transfers[0].complete);
}

TEST(registers, an_address_waits_for_its_register) {
  HandProgram hand;
  hand.program.registers = 1;
  const View index = hand.sbuf({1, 1}, DType::int32);
  const View from = hand.sbuf({128, 512}, DType::float32);
  const View to = hand.sbuf({128, 64}, DType::float32);
  hand.program.indirects.push_back(
      {.kind = IndirectKind::scalar_register, .index = {}, .reg = 0, .scale_bytes = 256});
  View moving = columns(from, 0, 64);
  moving.indirect = 1;
  const auto load = hand.add(RegisterLoad{.dst = {.reg = 0}, .src = index}, Engine::sync);
  const auto copy = hand.add(TensorCopy{.dst = to, .src = moving}, Engine::vector);
  const Timeline timeline = time_program(hand.program, load_machine("trn2"));
  EXPECT_GE(timeline.spans[copy].start, timeline.spans[load].end);
  EXPECT_EQ(timeline.spans[copy].waited_for, load);
}

}  // namespace
}  // namespace trainyard

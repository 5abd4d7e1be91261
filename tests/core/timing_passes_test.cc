// SPDX-License-Identifier: Apache-2.0
// What each of the compiler's passes is worth, and re-timings with a cost taken away.
#include <algorithm>

#include <gtest/gtest.h>

#include "core/hand_program.h"
#include "core/timeline.h"
#include "isa/instructions/all.h"

namespace trainyard {
namespace {

// Loads, doubles and stores `count` tiles, each in tensors of its own or all in the same two.
HandProgram streaming(int count, bool one_buffer, std::int32_t width = 2048) {
  HandProgram hand;
  const View in = hand.hbm({count * 128, width}, DType::bfloat16, TensorRole::input);
  const View out = hand.hbm({count * 128, width}, DType::bfloat16, TensorRole::output);
  View a, b;
  for (int i = 0; i < count; ++i) {
    if (i == 0 || !one_buffer) {
      a = hand.sbuf({128, width}, DType::bfloat16);
      b = hand.sbuf({128, width}, DType::bfloat16);
    }
    hand.add(DmaCopy{.dst = a, .src = rows(in, i * 128, 128)}, Engine::dma);
    hand.add(TensorTensor{.dst = b, .data1 = a, .data2 = a, .op = AluOp::add}, Engine::vector);
    hand.add(DmaCopy{.dst = rows(out, i * 128, 128), .src = b}, Engine::dma);
  }
  return hand;
}

Time without(const HandProgram& hand, Pass pass) {
  return time_program(hand.program, load_machine("trn2"), {PassSet().without(pass), {}}).total;
}

TEST(passes, each_makes_a_streaming_loop_shorter) {
  const HandProgram hand = streaming(32, false);
  const Time with_all = time_program(hand.program, load_machine("trn2")).total;
  for (const Pass pass : {Pass::double_buffering, Pass::dma_split}) {
    EXPECT_GT(without(hand, pass), with_all) << pass_info(pass).name;
  }
  const HandProgram many = streaming(32, false, 512);
  EXPECT_GT(without(many, Pass::dma_queues),
            time_program(many.program, load_machine("trn2")).total);
  for (const Pass pass : {Pass::packing, Pass::spilling}) {
    EXPECT_EQ(without(hand, pass), with_all) << pass_info(pass).name << " has nothing to do here";
  }
}

// Eight tensors of 48 KiB a partition are written, then read: more than SBUF holds.
HandProgram overfull() {
  HandProgram hand;
  const View in = hand.hbm({128, 24 * 1024}, DType::bfloat16, TensorRole::input);
  const View sum = hand.sbuf({128, 16}, DType::bfloat16);
  std::vector<View> tensors;
  for (int i = 0; i < 8; ++i) {
    tensors.push_back(hand.sbuf({128, 24 * 1024}, DType::bfloat16));
    hand.add(DmaCopy{.dst = tensors.back(), .src = in}, Engine::dma);
  }
  for (const View& tensor : tensors) {
    hand.add(TensorCopy{.dst = sum, .src = columns(tensor, 0, 16)}, Engine::vector);
  }
  return hand;
}

TEST(passes, a_kernel_that_spills_is_refused_without_spilling) {
  const HandProgram hand = overfull();
  EXPECT_FALSE(time_program(hand.program, load_machine("trn2")).placement.spills.empty());
  EXPECT_THROW(without(hand, Pass::spilling), Fault);
}

TEST(passes, without_order_each_queue_keeps_the_order_of_the_program) {
  const HandProgram hand = streaming(8, false);
  const Timeline timeline =
      time_program(hand.program, load_machine("trn2"), {PassSet().without(Pass::order), {}});
  for (const auto& queue : timeline.order) EXPECT_TRUE(std::is_sorted(queue.begin(), queue.end()));
}

TEST(passes, an_unknown_name_is_told_with_the_list) {
  EXPECT_EQ(pass_named("dma-split"), Pass::dma_split);
  try {
    pass_named("dma_split");
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::usage);
    EXPECT_NE(std::string(fault.what()).find("psum-operands, common-values, double-buffering"),
              std::string::npos);
  }
}

TEST(what_if, with_own_bytes_one_buffer_is_as_good_as_one_for_each_tile) {
  const Machine machine = load_machine("trn2");
  const HandProgram flawed = streaming(32, true), mended = streaming(32, false);
  const std::vector<WhatIf> what_if = {{.own_bytes = {false, false, true, true}}};
  const double before = time_program(flawed.program, machine).total.us();
  const double promised = time_program(flawed.program, machine, {{}, what_if}).total.us();
  const double after = time_program(mended.program, machine).total.us();
  EXPECT_GT(before, 1.5 * after);
  EXPECT_NEAR(promised, after, 0.02 * after);
}

TEST(what_if, a_large_sbuf_spills_nothing) {
  const Machine machine = load_machine("trn2");
  const HandProgram hand = overfull();
  const std::vector<WhatIf> what_if = {{.large_sbuf = true}};
  const Timeline timeline = time_program(hand.program, machine, {{}, what_if});
  EXPECT_TRUE(timeline.placement.spills.empty());
  EXPECT_LT(timeline.total, time_program(hand.program, machine).total);
}

TEST(what_if, a_dma_of_half_the_payload_moves_half_the_bytes_of_hbm) {
  const HandProgram hand = streaming(4, false);
  const std::vector<WhatIf> what_if = {{.change = [](std::uint32_t, Cost& cost) {
    cost.dma.payload_bytes /= 2;
    cost.dma.descriptors /= 2;
  }}};
  const Timeline all = time_program(hand.program, load_machine("trn2"));
  const Timeline half = time_program(hand.program, load_machine("trn2"), {{}, what_if});
  EXPECT_EQ(half.hbm_read_bytes * 2, all.hbm_read_bytes);
  EXPECT_EQ(half.hbm_write_bytes * 2, all.hbm_write_bytes);
}

TEST(what_if, what_waited_for_an_instruction_that_is_left_out_waits_for_its_operands) {
  HandProgram hand;
  const View in = hand.hbm({128, 512}, DType::float32, TensorRole::input);
  const View a = hand.sbuf({128, 512}, DType::float32);
  const View b = hand.sbuf({128, 512}, DType::float32);
  const View c = hand.sbuf({128, 512}, DType::float32);
  const auto load = hand.add(DmaCopy{.dst = a, .src = in}, Engine::dma);
  hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
  const auto last = hand.add(TensorCopy{.dst = c, .src = b}, Engine::scalar);
  const std::vector<WhatIf> what_if = {{.left_out = {false, true, false}}};
  const Timeline timeline = time_program(hand.program, load_machine("trn2"), {{}, what_if});
  EXPECT_EQ(timeline.spans[last].start, timeline.spans[load].end);
  EXPECT_EQ(timeline.busy[static_cast<int>(Engine::vector)], Time{});
}

TEST(what_if, any_order_lifts_no_reorder_and_depends_on) {
  HandProgram hand;
  const View a = hand.sbuf({128, 512}, DType::float32);
  const View b = hand.sbuf({128, 512}, DType::float32);
  const View c = hand.sbuf({128, 512}, DType::float32);
  const View d = hand.sbuf({128, 512}, DType::float32);
  hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
  hand.add(TensorCopy{.dst = d, .src = c}, Engine::scalar);
  hand.program.depends.emplace_back(1, 0);
  const std::vector<WhatIf> what_if = {{.any_order = true}};
  const Timeline timeline = time_program(hand.program, load_machine("trn2"), {{}, what_if});
  EXPECT_EQ(timeline.spans[0].start, timeline.spans[1].start);
}

}  // namespace
}  // namespace trainyard

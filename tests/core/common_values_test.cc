// SPDX-License-Identifier: Apache-2.0
// Which instructions are taken out because their values are there already, and which stay.
#include <gtest/gtest.h>

#include "core/hand_program.h"
#include "isa/instructions/all.h"
#include "machine/machine_file.h"
#include "program/common_values.h"

namespace trainyard {
namespace {

std::vector<std::string> names(const Program& program) {
  std::vector<std::string> list;
  for (const Recorded& recorded : program.stream) {
    list.emplace_back(entry(recorded.opcode).info.name);
  }
  return list;
}

class CommonValues : public ::testing::Test {
 protected:
  // Loads 128 x 128 words, adds a number, and stores the sum.
  void add_number(const View& in, const View& out, double number) {
    const View tile = hand_.sbuf({128, 128}, DType::float32);
    const View sum = hand_.sbuf({128, 128}, DType::float32);
    hand_.add(DmaCopy{.dst = tile, .src = in}, Engine::dma);
    hand_.add(
        TensorScalar{
            .dst = sum, .data = tile, .op0 = AluOp::add, .operand0 = ScalarOperand::of(number)},
        Engine::vector);
    hand_.add(DmaCopy{.dst = out, .src = sum}, Engine::dma);
  }
  View input() { return hand_.hbm({128, 128}, DType::float32, TensorRole::input); }
  View output() { return hand_.hbm({128, 128}, DType::float32, TensorRole::output); }

  HandProgram hand_;
  Machine machine_ = load_machine("trn1");
};

TEST_F(CommonValues, what_is_loaded_and_computed_again_is_computed_once) {
  const View in = input();
  add_number(in, output(), 1.0);
  add_number(in, output(), 1.0);
  const auto places = share_common_values(hand_.program, machine_);
  EXPECT_EQ(names(hand_.program),
            (std::vector<std::string>{"dma_copy", "tensor_scalar", "dma_copy", "dma_copy"}));
  EXPECT_EQ(places[3], kNoStreamIndex);
  EXPECT_EQ(places[5], 3u);
  const auto& first = *static_cast<const DmaCopy*>(hand_.program.stream[2].operands);
  const auto& second = *static_cast<const DmaCopy*>(hand_.program.stream[3].operands);
  EXPECT_EQ(first.src.tensor, second.src.tensor);
}

TEST_F(CommonValues, another_number_is_another_value_and_only_the_load_is_shared) {
  const View in = input();
  add_number(in, output(), 1.0);
  add_number(in, output(), 2.0);
  share_common_values(hand_.program, machine_);
  EXPECT_EQ(names(hand_.program), (std::vector<std::string>{"dma_copy", "tensor_scalar", "dma_copy",
                                                            "tensor_scalar", "dma_copy"}));
}

TEST_F(CommonValues, what_lies_in_hbm_is_loaded_again_after_a_store_into_it) {
  const View in = hand_.hbm({128, 128}, DType::float32, TensorRole::internal);
  add_number(in, in, 1.0);
  add_number(in, output(), 1.0);
  share_common_values(hand_.program, machine_);
  EXPECT_EQ(hand_.program.stream.size(), 6u);
}

TEST_F(CommonValues, a_tile_that_changes_between_its_readers_is_not_shared) {
  const View in = input();
  for (int i = 0; i < 2; ++i) {
    const View tile = hand_.sbuf({128, 128}, DType::float32);
    hand_.add(DmaCopy{.dst = tile, .src = in}, Engine::dma);
    hand_.add(
        TensorScalar{
            .dst = tile, .data = tile, .op0 = AluOp::add, .operand0 = ScalarOperand::of(1.0)},
        Engine::vector);
    hand_.add(DmaCopy{.dst = output(), .src = tile}, Engine::dma);
  }
  share_common_values(hand_.program, machine_);
  EXPECT_EQ(hand_.program.stream.size(), 6u);
}

TEST_F(CommonValues, a_load_is_repeated_where_sbuf_has_no_room_to_keep_it) {
  const View in = input();
  const View full = hand_.sbuf(
      {128, static_cast<std::int32_t>(machine_.sbuf.allocatable_bytes() / 4)}, DType::float32);
  const View large = hand_.hbm({128, full.dims[1].count}, DType::float32, TensorRole::output);
  const auto load_and_store = [&] {
    const View tile = hand_.sbuf({128, 128}, DType::float32);
    hand_.add(DmaCopy{.dst = tile, .src = in}, Engine::dma);
    hand_.add(DmaCopy{.dst = output(), .src = tile}, Engine::dma);
  };
  load_and_store();
  hand_.add(Memset{.dst = full}, Engine::vector);
  hand_.add(DmaCopy{.dst = large, .src = full}, Engine::dma);
  load_and_store();
  share_common_values(hand_.program, machine_);
  EXPECT_EQ(hand_.program.stream.size(), 6u);
}

TEST_F(CommonValues, an_address_that_the_kernel_chose_stays_its_own) {
  const View in = input();
  for (int i = 0; i < 2; ++i) {
    const View tile = hand_.sbuf({128, 128}, DType::float32, {}, 1024 * i, 0);
    hand_.add(DmaCopy{.dst = tile, .src = in}, Engine::dma);
    hand_.add(DmaCopy{.dst = output(), .src = tile}, Engine::dma);
  }
  share_common_values(hand_.program, machine_);
  EXPECT_EQ(hand_.program.stream.size(), 4u);
}

}  // namespace
}  // namespace trainyard

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
  View load(const View& in) {
    const View tile = hand_.sbuf({128, 128}, DType::float32);
    hand_.add(DmaCopy{.dst = tile, .src = in}, Engine::dma);
    return tile;
  }
  void add_number(const View& tile, const View& out, double number) {
    const View sum = hand_.sbuf({128, 128}, DType::float32);
    hand_.add(
        TensorScalar{
            .dst = sum, .data = tile, .op0 = AluOp::add, .operand0 = ScalarOperand::of(number)},
        Engine::vector);
    hand_.add(DmaCopy{.dst = out, .src = sum}, Engine::dma);
  }
  void copy(const View& tile, const View& out) {
    const View same = hand_.sbuf({128, 128}, DType::float32);
    hand_.add(TensorCopy{.dst = same, .src = tile}, Engine::vector);
    hand_.add(DmaCopy{.dst = out, .src = same}, Engine::dma);
  }
  View input() { return hand_.hbm({128, 128}, DType::float32, TensorRole::input); }
  View output() { return hand_.hbm({128, 128}, DType::float32, TensorRole::output); }

  HandProgram hand_;
  Machine machine_ = load_machine("trn1");
};

// The second step of the Mamba tutorial.
TEST_F(CommonValues, what_is_loaded_once_and_computed_again_is_computed_once) {
  const View tile = load(input());
  add_number(tile, output(), 1.0);
  add_number(tile, output(), 1.0);
  const auto places = share_common_values(hand_.program, machine_, Reach::program);
  EXPECT_EQ(names(hand_.program),
            (std::vector<std::string>{"dma_copy", "tensor_scalar", "dma_copy", "dma_copy"}));
  EXPECT_EQ(places[3], kNoStreamIndex);
  EXPECT_EQ(places[4], 3u);
  const auto& first = *static_cast<const DmaCopy*>(hand_.program.stream[2].operands);
  const auto& second = *static_cast<const DmaCopy*>(hand_.program.stream[3].operands);
  EXPECT_EQ(first.src.tensor, second.src.tensor);
}

// Its first step; NKIBench's add_rmsnorm_matmul reads its weights once.
TEST_F(CommonValues, what_is_loaded_again_is_loaded_once_and_computed_again) {
  const View in = input();
  add_number(load(in), output(), 1.0);
  add_number(load(in), output(), 1.0);
  share_common_values(hand_.program, machine_, Reach::program);
  EXPECT_EQ(names(hand_.program), (std::vector<std::string>{"dma_copy", "tensor_scalar", "dma_copy",
                                                            "tensor_scalar", "dma_copy"}));
}

// Its first step again: what a state needs is made for each tile of channels.
TEST_F(CommonValues, within_the_innermost_loop_what_is_computed_again_is_computed_once) {
  const View in = input();
  add_number(load(in), output(), 1.0);
  add_number(load(in), output(), 1.0);
  share_common_values(hand_.program, machine_, Reach::innermost_loop);
  EXPECT_EQ(names(hand_.program),
            (std::vector<std::string>{"dma_copy", "tensor_scalar", "dma_copy", "dma_copy"}));
}

TEST_F(CommonValues, what_an_outer_loop_makes_again_is_out_of_the_innermost_ones_reach) {
  const View in = hand_.hbm({128, 256}, DType::float32, TensorRole::input);
  for (int i = 0; i < 4; ++i) {
    add_number(load(columns(in, i % 2 * 128, 128)), output(), 1.0);
  }
  share_common_values(hand_.program, machine_, Reach::innermost_loop);
  EXPECT_EQ(hand_.program.stream.size(), 12u);
  share_common_values(hand_.program, machine_, Reach::program);
  EXPECT_EQ(hand_.program.stream.size(), 10u);
}

// NKIBench's swiglu.
TEST_F(CommonValues, what_is_loaded_and_transposed_again_is_transposed_once) {
  const View in = input();
  for (int i = 0; i < 2; ++i) {
    const View turned = hand_.psum({128, 128}, DType::float32);
    hand_.add(NcTranspose{.dst = turned, .data = load(in)}, Engine::tensor);
    copy(turned, output());
  }
  share_common_values(hand_.program, machine_, Reach::program);
  EXPECT_EQ(names(hand_.program),
            (std::vector<std::string>{"dma_copy", "nc_transpose", "tensor_copy", "dma_copy",
                                      "dma_copy"}));
}

TEST_F(CommonValues, another_number_is_another_value) {
  const View tile = load(input());
  add_number(tile, output(), 1.0);
  add_number(tile, output(), 2.0);
  share_common_values(hand_.program, machine_, Reach::program);
  EXPECT_EQ(hand_.program.stream.size(), 5u);
}

TEST_F(CommonValues, what_lies_in_hbm_is_loaded_again_after_a_store_into_it) {
  const View in = hand_.hbm({128, 128}, DType::float32, TensorRole::internal);
  copy(load(in), in);
  copy(load(in), output());
  share_common_values(hand_.program, machine_, Reach::program);
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
  share_common_values(hand_.program, machine_, Reach::program);
  EXPECT_EQ(hand_.program.stream.size(), 6u);
}

TEST_F(CommonValues, a_copy_is_made_again_where_sbuf_has_no_room_to_keep_it) {
  const auto instructions_with = [this](std::int64_t bytes) {
    HandProgram fresh;
    std::swap(hand_, fresh);
    const View in = input();
    const View full = hand_.sbuf({128, static_cast<std::int32_t>(bytes / 4)}, DType::float32);
    const View large = hand_.hbm({128, full.dims[1].count}, DType::float32, TensorRole::output);
    copy(load(in), output());
    hand_.add(Memset{.dst = full}, Engine::vector);
    hand_.add(DmaCopy{.dst = large, .src = full}, Engine::dma);
    copy(load(in), output());
    share_common_values(hand_.program, machine_, Reach::program);
    return hand_.program.stream.size();
  };
  EXPECT_EQ(instructions_with(machine_.sbuf.allocatable_bytes()), 8u);
  EXPECT_EQ(instructions_with(machine_.sbuf.allocatable_bytes() / 2), 6u);
}

// What a loop goes through between two times is kept, as the third step of Mamba's tiles, not all
// that comes from the same tensor; NKIBench's matmul goes through all of it each time.
TEST_F(CommonValues, a_loop_is_kept_by_what_it_goes_through_between_two_times) {
  const auto tiles = static_cast<std::int32_t>(machine_.sbuf.allocatable_bytes() / 512);
  const auto instructions = [&](const std::vector<std::int32_t>& order) {
    HandProgram fresh;
    std::swap(hand_, fresh);
    const View all = hand_.hbm({128, 128 * tiles}, DType::float32, TensorRole::input);
    const View out = output();
    for (const std::int32_t tile : order) copy(load(columns(all, 128 * tile, 128)), out);
    share_common_values(hand_.program, machine_, Reach::program);
    return hand_.program.stream.size();
  };
  std::vector<std::int32_t> round, twice;
  for (std::int32_t tile = 0; tile < 2 * tiles; ++tile) {
    round.push_back(tile % tiles);
    twice.push_back(tile / 2);
  }
  EXPECT_EQ(instructions(round), 6u * static_cast<std::size_t>(tiles));
  EXPECT_EQ(instructions(twice), 4u * static_cast<std::size_t>(tiles));
}

TEST_F(CommonValues, an_address_that_the_kernel_chose_stays_its_own) {
  const View tile = load(input());
  for (int i = 0; i < 2; ++i) {
    const View same = hand_.sbuf({128, 128}, DType::float32, {}, 1024 * i, 0);
    hand_.add(TensorCopy{.dst = same, .src = tile}, Engine::vector);
    hand_.add(DmaCopy{.dst = output(), .src = same}, Engine::dma);
  }
  share_common_values(hand_.program, machine_, Reach::program);
  EXPECT_EQ(hand_.program.stream.size(), 5u);
}

}  // namespace
}  // namespace trainyard

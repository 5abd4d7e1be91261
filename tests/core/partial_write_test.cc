// SPDX-License-Identifier: Apache-2.0
// Instructions that leave elements of their destination as they were, on tensors whose memory
// served another tensor before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/fault.h"
#include "core/neuron_core.h"
#include "isa/instructions/all.h"

namespace trainyard {
namespace {

class PartialWrite : public ::testing::Test {
 protected:
  Machine machine = load_machine(TRAINYARD_SOURCE_DIR "/machines/trn3.toml");
  NeuronCore core{machine};
  Builder build{machine, core, core};

  // Unwritten, in memory that held 7 in every element.
  View recycled(const std::vector<std::int64_t>& shape, DType dtype) {
    const View used = build.sbuf(shape, dtype);
    build(Memset{.dst = used, .value = 7.0});
    build.release(used);
    return build.sbuf(shape, dtype);
  }
  View filled(const std::vector<std::int64_t>& shape, DType dtype, double value) {
    const View view = build.sbuf(shape, dtype);
    build(Memset{.dst = view, .value = value});
    return view;
  }
  std::vector<float> read(const View& view) {
    const Rows rows = core.access(view, Touch::read);
    std::vector<float> out(static_cast<std::size_t>(rows.partitions * rows.elements));
    load_rows(rows, 0, rows.partitions, out.data());
    return out;
  }
  // Row i of `view` is row i + 2 of an HBM tensor of 4 rows, whose rows hold their number.
  View gathered(std::int32_t rows) {
    const View source = build.hbm({4, 8}, DType::float32, TensorRole::internal);
    const View numbers = build.sbuf({4, 8}, DType::float32);
    build(Iota{.dst = numbers, .pattern = {1, {Dim{0, 8}}}, .channel_multiplier = 1});
    build(DmaCopy{.dst = source, .src = numbers});
    const View index = build.sbuf({rows, 1}, DType::int32);
    build(Iota{.dst = index, .pattern = {1, {Dim{0, 1}}}, .offset = 2, .channel_multiplier = 1});
    Indirect indirect;
    indirect.kind = IndirectKind::vector_rows;
    indirect.index = index;
    indirect.scale_bytes = 32;
    indirect.index_limit = 4;
    View view = source;
    view.dims[0].count = rows;
    view.indirect = build.add_indirect(indirect);
    return view;
  }
};

TEST_F(PartialWrite, a_gather_that_skips_rows_leaves_them_unwritten) {
  const View dst = recycled({3, 8}, DType::float32);
  build(DmaCopy{.dst = dst, .src = gathered(3), .oob_mode = OobMode::skip});
  const std::vector<float> values = read(dst);
  EXPECT_EQ(values[0], 2.0F);
  EXPECT_EQ(values[15], 3.0F);
  EXPECT_TRUE(std::isnan(values[16]));
}

TEST_F(PartialWrite, a_transpose_that_skips_rows_leaves_their_columns_unwritten) {
  const View dst = recycled({8, 16}, DType::bfloat16);
  const View source = build.hbm({4, 8}, DType::bfloat16, TensorRole::internal);
  build(DmaCopy{.dst = source, .src = filled({4, 8}, DType::bfloat16, 5.0)});
  const View index = build.sbuf({16, 1}, DType::uint32);
  build(Iota{.dst = index, .pattern = {1, {Dim{0, 1}}}, .channel_multiplier = 1});
  Indirect indirect;
  indirect.kind = IndirectKind::vector_rows;
  indirect.index = index;
  indirect.scale_bytes = 16;
  indirect.index_limit = 4;
  View rows = source;
  rows.dims[0].count = 16;
  rows.indirect = build.add_indirect(indirect);
  build(DmaTranspose{.dst = dst, .src = rows, .oob_mode = OobMode::skip});
  EXPECT_EQ(read(dst)[3], 5.0F);
  EXPECT_TRUE(std::isnan(read(dst)[4]));
}

TEST_F(PartialWrite, a_sum_leaves_out_the_rows_that_it_skips) {
  const View rows = gathered(3);  // rows 2, 3 and 4 of four
  DmaCompute sum{.dst = rows, .reduce_op = AluOp::add, .oob_mode = OobMode::skip};
  sum.srcs.size = 2;
  sum.srcs.views[0] = filled({3, 8}, DType::float32, 1.0);
  sum.srcs.views[1] = rows;
  build(sum);
  View whole = rows;
  whole.indirect = 0;
  whole.dims[0].count = 4;
  EXPECT_EQ(read(whole)[0], 0.0F);
  EXPECT_EQ(read(whole)[16], 3.0F);
  EXPECT_EQ(read(whole)[24], 4.0F);
}

TEST_F(PartialWrite, a_predicated_copy_leaves_the_other_elements_unwritten) {
  const View dst = recycled({4, 4}, DType::float32);
  const View predicate = filled({4, 4}, DType::uint8, 0.0);
  View first = predicate;
  first.dims[1].count = 1;
  build(Memset{.dst = first, .value = 1.0});
  build(TensorCopyPredicated{.dst = dst, .src = ScalarOperand::of(2.0), .predicate = predicate});
  EXPECT_EQ(read(dst)[0], 2.0F);
  EXPECT_TRUE(std::isnan(read(dst)[1]));
}

TEST_F(PartialWrite, a_shuffle_leaves_the_rows_of_255_unwritten) {
  const View dst = recycled({32, 4}, DType::float32);
  NcStreamShuffle shuffle{.dst = dst, .src = filled({32, 4}, DType::float32, 1.0)};
  shuffle.shuffle_mask.size = 32;
  shuffle.shuffle_mask.values[5] = 255;
  build(shuffle);
  EXPECT_EQ(read(dst)[16], 1.0F);
  EXPECT_TRUE(std::isnan(read(dst)[20]));
}

TEST_F(PartialWrite, nonzero_with_count_leaves_the_partitions_between_unwritten) {
  const View dst = recycled({32, 5}, DType::int32);
  build(NonzeroWithCount{.dst = dst, .src = filled({32, 4}, DType::float32, 1.0)});
  const std::vector<float> values = read(dst);
  EXPECT_EQ(values[4], 4.0F);
  EXPECT_EQ(values[16 * 5 + 3], 3.0F);
  EXPECT_EQ(values[5], 4.0F);  // what unwritten integers read as
  EXPECT_EQ(core.unwritten_reads().size(), 1U);
}

TEST_F(PartialWrite, scales_between_the_scale_rows_stay_unwritten) {
  const View scale = recycled({4, 8}, DType::uint8);
  const View wide = recycled({36, 8}, DType::uint8);
  const View src = filled({32, 32}, DType::bfloat16, 1.0);
  const View dst = build.sbuf({32, 8}, DType::float8_e4m3fn_x4);
  build(QuantizeMx{.dst = dst, .src = src, .dst_scale = scale});
  EXPECT_EQ(read(scale)[0], read(scale)[31]);
  build(QuantizeMx{.dst = dst, .src = src, .dst_scale = wide});
  EXPECT_EQ(read(wide)[31], read(scale)[31]);
  EXPECT_EQ(read(wide)[4 * 8], 4.0F);
  EXPECT_EQ(read(wide)[35 * 8], 4.0F);
}

TEST_F(PartialWrite, a_product_in_a_register_indexed_tile_adds_to_what_was_written_there) {
  const View psum = build.psum({32, 2, 32}, DType::float32);
  const View ones = filled({32, 32}, DType::bfloat16, 1.0);
  Indirect indirect;
  indirect.kind = IndirectKind::scalar_register;
  indirect.reg = build.new_register();
  indirect.scale_bytes = 32 * 4;
  indirect.index_limit = 2;
  View half = psum;
  half.rank = 2;
  half.dims[1] = {1, 32};
  View moving = half;
  moving.indirect = build.add_indirect(indirect);
  build(RegisterMove{.dst = {indirect.reg, 0}, .src = {kNoRegister, 1}});
  build(NcMatmul{.dst = moving, .stationary = ones, .moving = ones});
  build(NcMatmul{.dst = moving, .stationary = ones, .moving = ones});
  half.offset_bytes = 32 * 4;
  EXPECT_EQ(read(half)[0], 64.0F);
  build(RegisterMove{.dst = {indirect.reg, 0}, .src = {kNoRegister, 0}});
  build(NcMatmul{.dst = moving, .stationary = ones, .moving = ones});
  half.offset_bytes = 0;
  EXPECT_EQ(read(half)[0], 32.0F);
}

TEST_F(PartialWrite, an_instruction_that_fails_leaves_its_destination_unwritten) {
  const View out = recycled({4, 8}, DType::float32);
  const View data = filled({4, 8}, DType::float32, 1);
  View sum = filled({4, 2}, DType::float32, 1);
  sum.dims[1].count = 1;
  const RegisterId column = build.new_register();
  build(RegisterMove{.dst = {.reg = column}, .src = {.value = 2}});
  sum.indirect = build.add_indirect({.kind = IndirectKind::scalar_register,
                                     .index = {},
                                     .reg = column,
                                     .scale_bytes = 4,
                                     .index_limit = 2,
                                     .dim = 1});
  EXPECT_THROW(build(ActivationReduce{.dst = out, .data = data, .reduce_res = sum}), Fault);
  EXPECT_THAT(read(out), testing::Each(testing::IsNan()));
  EXPECT_FALSE(core.unwritten_reads().empty());
}

}  // namespace
}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// Memory is memory: views, overlap, what was never written, dynamic addresses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/neuron_core.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/memset.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/registers.h"
#include "isa/instructions/tensor_copy.h"

namespace trainyard {
namespace {

class Memory : public ::testing::Test {
 protected:
  Machine machine = load_machine(TRAINYARD_SOURCE_DIR "/machines/trn3.toml");
  NeuronCore core{machine};
  Builder build{machine, core, core};
  std::vector<float> ramp;

  View input(std::int64_t rows, std::int64_t columns) {
    ramp.resize(static_cast<std::size_t>(rows * columns));
    std::iota(ramp.begin(), ramp.end(), 0.0F);
    return build.input({rows, columns}, DType::float32, reinterpret_cast<std::byte*>(ramp.data()));
  }
  std::vector<float> read(const View& view) {
    const Rows rows = core.access(view, Touch::read);
    std::vector<float> out(static_cast<std::size_t>(rows.partitions * rows.elements), -99.0F);
    load_rows(rows, 0, rows.partitions, out.data());
    return out;
  }
  static View part(View view, std::int32_t partition, std::int32_t partitions, std::int32_t column,
                   std::int32_t columns) {
    view.partition += partition;
    view.dims[0].count = partitions;
    view.offset_bytes += column * static_cast<std::int32_t>(dtype_bytes(view.dtype));
    view.dims[1].count = columns;
    return view;
  }
};

TEST_F(Memory, a_tile_comes_back_from_hbm_and_a_strided_view_reads_every_other_element) {
  const View x = input(128, 8);
  const View t = build.sbuf({128, 8}, DType::float32);
  build(DmaCopy{.dst = t, .src = x});
  EXPECT_EQ(read(t), ramp);
  View odd = t;
  odd.offset_bytes = 4;
  odd.dims[1] = {2, 4};
  EXPECT_THAT(read(part(odd, 3, 1, 0, 4)), ::testing::ElementsAre(25, 27, 29, 31));
  View down = t;
  down.dims[0] = {2, 64};
  EXPECT_EQ(read(down)[8], 16.0F);
  EXPECT_TRUE(core.unwritten_reads().empty());
}

TEST_F(Memory, unwritten_floats_are_nan_and_integers_are_4) {
  const View f = build.sbuf({4, 3}, DType::bfloat16);
  EXPECT_TRUE(std::isnan(read(f)[0]));
  for (const DType d : {DType::int32, DType::uint8, DType::int16}) {
    EXPECT_EQ(read(build.sbuf({4, 3}, d))[11], 4.0F) << dtype_info(d).name;
  }
}

TEST_F(Memory, recycled_storage_is_unwritten_again) {
  View t = build.sbuf({128, 64}, DType::float32);
  build(Memset{.dst = t, .value = 7.0});
  build.release(t);
  t = build.sbuf({128, 64}, DType::float32);
  build(Memset{.dst = part(t, 0, 128, 0, 1), .value = 1.0});
  EXPECT_EQ(read(t)[0], 1.0F);
  EXPECT_TRUE(std::isnan(read(t)[1]));
}

TEST_F(Memory, tensors_at_overlapping_addresses_share_their_bytes) {
  const Address at{0, 1024};
  const Address later{32, 1024 + 8};
  const View a = build.sbuf({128, 4}, DType::float32, "a", &at);
  const View b = build.sbuf({32, 1}, DType::float32, "b", &later);
  build(Memset{.dst = a, .value = 1.0});
  build(Memset{.dst = b, .value = 5.0});
  EXPECT_THAT(read(part(a, 32, 1, 0, 4)), ::testing::ElementsAre(1, 1, 5, 1));
  EXPECT_THAT(read(part(a, 31, 1, 0, 4)), ::testing::ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(read(part(a, 64, 1, 0, 4)), ::testing::ElementsAre(1, 1, 1, 1));
}

TEST_F(Memory, the_first_read_of_an_unwritten_part_is_noted_once_per_tensor_and_place) {
  const View t = build.sbuf({128, 16}, DType::float32);
  const View d = build.sbuf({128, 16}, DType::float32);
  build(Memset{.dst = part(t, 0, 128, 0, 8), .value = 1.0});
  build(TensorCopy{.dst = part(d, 0, 128, 0, 8), .src = part(t, 0, 128, 0, 8)});
  EXPECT_TRUE(core.unwritten_reads().empty());
  build.set_place(build.program().sources.intern("kernel.py", 3));
  for (int i = 0; i < 3; ++i) build(TensorCopy{.dst = d, .src = t});
  ASSERT_EQ(core.unwritten_reads().size(), 1u);
  EXPECT_EQ(core.unwritten_reads()[0].tensor, t.tensor);
  EXPECT_EQ(core.unwritten_reads()[0].instruction, 2u);
  build(Memset{.dst = part(t, 0, 96, 8, 8), .value = 1.0});
  EXPECT_EQ(core.written(t), CoreState::Written::some);
  EXPECT_EQ(core.written(part(t, 96, 32, 8, 8)), CoreState::Written::none);
  EXPECT_FALSE(core.element_written(t, 96, 8));
  build(Memset{.dst = part(t, 96, 32, 8, 8), .value = 1.0});
  EXPECT_EQ(core.written(t), CoreState::Written::all);
}

TEST_F(Memory, the_first_matmul_into_psum_overwrites_and_the_next_adds) {
  const View s = build.sbuf({128, 128}, DType::bfloat16);
  const View m = build.sbuf({128, 256}, DType::bfloat16);
  build(Memset{.dst = s, .value = 1.0});
  build(Memset{.dst = m, .value = 1.0});
  const View p = build.psum({128, 512}, DType::float32);
  build(NcMatmul{.dst = part(p, 0, 128, 0, 256), .stationary = s, .moving = m});
  EXPECT_EQ(read(part(p, 0, 1, 0, 1))[0], 128.0F);
  build(NcMatmul{.dst = part(p, 0, 128, 0, 256), .stationary = s, .moving = m});
  build(NcMatmul{.dst = part(p, 0, 128, 128, 256), .stationary = s, .moving = m});
  EXPECT_EQ(read(part(p, 5, 1, 0, 1))[0], 256.0F);
  EXPECT_EQ(read(part(p, 5, 1, 200, 1))[0], 384.0F);
  EXPECT_EQ(read(part(p, 5, 1, 300, 1))[0], 128.0F);
}

TEST_F(Memory, a_register_moves_the_view_and_cannot_move_it_out_of_the_tensor) {
  const View x = input(8, 4);
  const View t = build.sbuf({1, 4}, DType::float32);
  const RegisterId r = build.new_register();
  View row = part(x, 0, 1, 0, 4);
  row.indirect = build.add_indirect({.kind = IndirectKind::scalar_register,
                                     .index = {},
                                     .reg = r,
                                     .scale_bytes = 16,
                                     .index_limit = 100});
  const auto load = [&](std::int64_t value) {
    build(RegisterMove{.dst = {.reg = r}, .src = {.value = value}});
    build(DmaCopy{.dst = t, .src = row});
  };
  load(5);
  EXPECT_EQ(read(t)[0], 20.0F);
  EXPECT_THROW(load(8), Fault);
  EXPECT_THROW(load(-1), Fault);
}

TEST_F(Memory, rows_are_gathered_by_index_and_rows_outside_are_skipped_when_asked) {
  const View x = input(8, 4);
  std::vector<std::int32_t> rows = {7, -1, 0, 8};
  const View i = build.input({4, 1}, DType::int32, reinterpret_cast<std::byte*>(rows.data()));
  const View index = build.sbuf({4, 1}, DType::int32);
  build(DmaCopy{.dst = index, .src = i});
  const View t = build.sbuf({4, 4}, DType::float32);
  build(Memset{.dst = t, .value = -1.0});
  View gathered = part(x, 0, 4, 0, 4);
  gathered.partition = 0;
  gathered.indirect = build.add_indirect(
      {.kind = IndirectKind::vector_rows, .index = index, .scale_bytes = 16, .index_limit = 8});
  EXPECT_THROW(build(DmaCopy{.dst = t, .src = gathered}), Fault);
  build(DmaCopy{.dst = t, .src = gathered, .oob_mode = OobMode::skip});
  EXPECT_THAT(read(t),
              ::testing::ElementsAre(28, 29, 30, 31, -1, -1, -1, -1, 0, 1, 2, 3, -1, -1, -1, -1));
}

TEST_F(Memory, low_precision_kept_in_float32_is_refused_as_not_modelled) {
  try {
    NeuronCore other(machine, {.precise_fp = false});
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::not_modelled);
  }
}

}  // namespace
}  // namespace trainyard

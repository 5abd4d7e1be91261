// SPDX-License-Identifier: Apache-2.0
// Numbers at the ends of their types: refused, at once, by rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "core/neuron_core.h"
#include "isa/instructions/all.h"
#include "program/tile.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

class Bounds : public ::testing::Test {
 protected:
  Machine machine = load_machine(TRAINYARD_SOURCE_DIR "/machines/trn3.toml");
  NeuronCore core{machine};
  Builder build{machine, core, core};
  View tile = build.sbuf({128, 64}, DType::float32);
  View rows = build.hbm({128, 64}, DType::float32, TensorRole::internal);

  template <class Call>
  std::string told(Call&& call) {
    try {
      call();
    } catch (const Fault& fault) {
      return fault.message();
    }
    return "nothing was refused";
  }
  // `view` with these dimensions after the first.
  static View with(View view, std::initializer_list<Dim> dims) {
    view.rank = 1;
    for (const Dim& dim : dims) view.dims[view.rank++] = dim;
    return view;
  }
  Tile whole(const View& view) { return Tile(view, build.program().tensor(view.tensor)); }
};

TEST_F(Bounds, a_pattern_that_repeats_without_end_is_refused) {
  const View endless = with(tile, {{0, INT32_MAX}, {0, INT32_MAX}, {0, INT32_MAX}});
  EXPECT_THAT(told([&] { build(TensorCopy{.dst = endless, .src = endless}); }),
              HasSubstr("one instruction walks at most 16777216"));
  const View endless_rows = with(rows, {{0, INT32_MAX}, {0, INT32_MAX}});
  EXPECT_THAT(told([&] { build(DmaCopy{.dst = endless_rows, .src = endless_rows}); }),
              HasSubstr("walks at most"));
  const View repeated = with(rows, {{0, 1 << 28}});
  EXPECT_THAT(told([&] { build(DmaCopy{.dst = repeated, .src = repeated}); }),
              HasSubstr("walks at most 2147483648"));
}

TEST_F(Bounds, steps_and_offsets_beyond_every_memory_are_outside) {
  for (const Dim far : {Dim{INT32_MAX, INT32_MAX}, Dim{INT32_MIN, 1 << 20}, Dim{1 << 30, 16}}) {
    EXPECT_THAT(told([&] { build(Memset{.dst = with(tile, {far})}); }),
                HasSubstr(far.count > (1 << 24) ? "walks at most" : "the view touches bytes"));
  }
  for (const std::int64_t offset : {INT64_MAX - 3, INT64_MIN, std::int64_t{-4}}) {
    View view = tile;
    view.offset_bytes = offset;
    EXPECT_THAT(told([&] { build(Memset{.dst = view}); }), HasSubstr("the view touches bytes"));
  }
  View view = tile;
  view.partition = INT32_MAX;
  EXPECT_THAT(told([&] { build(Memset{.dst = view}); }), HasSubstr("partitions 2147483647 to"));
}

TEST_F(Bounds, a_view_that_contradicts_its_tensor_is_refused) {
  View view = tile;
  view.space = Space::psum;
  EXPECT_THAT(told([&] { build(Memset{.dst = view}); }), HasSubstr("another memory"));
  view = tile;
  view.offset_bytes = 2;
  view.dims[1].count = 1;
  EXPECT_THAT(told([&] { build(Memset{.dst = view}); }), HasSubstr("no place for an element"));
  view = tile;
  view.rank = 200;
  EXPECT_THAT(told([&] { build(Memset{.dst = view}); }), HasSubstr("at most 8 dimensions"));
}

TEST_F(Bounds, an_index_may_not_scale_beyond_every_memory) {
  Indirect indirect;
  indirect.reg = build.new_register();
  indirect.index_limit = INT64_MAX;
  indirect.scale_bytes = 4;
  View view = with(tile, {{1, 1}});
  view.indirect = build.add_indirect(indirect);
  EXPECT_THAT(told([&] { build(Memset{.dst = view}); }), HasSubstr("beyond every memory"));
  indirect.index_limit = 1000;
  view = with(tile, {{INT32_MAX, 2}});
  view.indirect = build.add_indirect(indirect);
  EXPECT_THAT(told([&] { build(Memset{.dst = view}); }), HasSubstr("longer than the tensor"));
}

TEST_F(Bounds, affine_patterns_and_axes_are_counted_without_overflow) {
  constexpr Dim kMost{1, INT32_MAX};
  Iota iota{.dst = with(tile, {{1, 1}}), .pattern = {4, {kMost, kMost, kMost, kMost}}};
  EXPECT_THAT(told([&] { build(iota); }), HasSubstr("must give the 1 elements"));
  TensorReduce reduce{.dst = with(tile, {{1, 1}}), .data = tile, .axis = {}};
  reduce.axis.size = 30;
  reduce.axis.values.fill(1);
  EXPECT_THAT(told([&] { build(reduce); }), HasSubstr("each dimension once"));
  const View mask = build.sbuf({128, 64}, DType::uint8);
  TensorScalar bits{.dst = mask, .data = mask, .op0 = AluOp::bitwise_and};
  for (const double wrong : {1e300, -1e300, 0.5, std::numeric_limits<double>::quiet_NaN()}) {
    bits.operand0 = ScalarOperand::of(wrong);
    EXPECT_THAT(told([&] { build(bits); }), HasSubstr("whole number of 32 bits"));
  }
}

TEST_F(Bounds, a_shuffle_stays_inside_its_source) {
  View every_second = tile;
  every_second.dims[0] = {2, 32};
  NcStreamShuffle shuffle{.dst = tile, .src = every_second};
  shuffle.shuffle_mask.size = 32;
  shuffle.shuffle_mask.values[0] = 31;
  EXPECT_THAT(told([&] { build(shuffle); }), HasSubstr("reaches partition 254"));
  shuffle.src.rank = 0;
  shuffle.dst = with(tile, {{1, 1}});
  EXPECT_THAT(told([&] { build(shuffle); }), HasSubstr("no partition dimension"));
}

TEST_F(Bounds, addresses_at_the_end_of_their_type_are_refused) {
  for (const Address& wrong : {Address{0, INT64_MAX}, Address{INT32_MAX, 0}, Address{0, -1}}) {
    EXPECT_THROW(build.sbuf({128, 4}, DType::float32, "x", &wrong), Fault);
  }
}

TEST_F(Bounds, tensors_that_the_host_cannot_hold_together_are_refused) {
  EXPECT_THAT(told([&] {
                for (int i = 0; i < 4096; ++i) {
                  build.hbm({64, 1 << 14, 1 << 14}, DType::float32, TensorRole::internal);
                }
              }),
              HasSubstr("this host has no memory left"));
}

TEST_F(Bounds, tiles_refuse_what_would_not_fit_a_view) {
  const Tile t = whole(tile);
  const Tile one = t.slice(1, 0, 1, 1);
  EXPECT_EQ(t.slice(1, 0, 4, INT64_MAX).extent(1), 1);
  EXPECT_THAT(told([&] { one.broadcast(1, (std::int64_t{1} << 32) + 1); }),
              HasSubstr("does not fit a view"));
  Tile wide = one.broadcast(1, INT32_MAX);
  wide = wide.expand_dim(2);
  EXPECT_THAT(told([&] { wide.broadcast(2, INT32_MAX); }), HasSubstr("a view has at most"));
  EXPECT_THAT(told([&] {
                t.reshape({128, (std::int64_t{1} << 57) + 1, 64});
              }),
              HasSubstr("does not have the"));
  EXPECT_THAT(told([&] { t.slice(1, RegisterId{0}, INT64_MIN); }), HasSubstr("do not fit"));
  EXPECT_THAT(told([&] {
                t.ap({{{64, 128}, {1, 64}}}, std::int64_t{1} << 38, {}, {});
              }),
              HasSubstr("lies in partition"));
  EXPECT_THAT(told([&] {
                t.ap({{{64, 128}, {1, 64}}}, INT64_MIN, {}, {});
              }),
              HasSubstr("outside of the tensor"));
  EXPECT_THAT(told([&] {
                t.ap({{{64, 1}, {INT32_MAX, INT32_MAX}}}, 0, {}, {}).check_used();
              }),
              HasSubstr("the pattern reaches"));
  EXPECT_THAT(told([&] {
                t.ap({{{64, 1}, {0, INT32_MAX}, {0, INT32_MAX}}}, 0, {}, {});
              }),
              HasSubstr("a view has at most"));
}

}  // namespace
}  // namespace trainyard

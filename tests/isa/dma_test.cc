// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "isa/fake_core.h"
#include "isa/instructions/dma_compute.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/dma_transpose.h"

namespace trainyard {
namespace {

std::vector<float> counted(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

// A view of random shape and steps with `elements` elements inside a tensor of its own.
View random_view(FakeCore& core, std::mt19937& random, Space space, std::int64_t elements,
                 DType dtype) {
  std::vector<std::int32_t> shape;
  std::int64_t rest = elements;
  while (rest > 1 && shape.size() < 4) {
    std::vector<std::int32_t> divisors;
    for (std::int32_t d = 1; d <= rest && d <= 128; ++d) {
      if (rest % d == 0) divisors.push_back(d);
    }
    shape.push_back(divisors[random() % divisors.size()]);
    rest /= shape.back();
  }
  shape.push_back(static_cast<std::int32_t>(rest));
  std::vector<std::int32_t> padded = shape;
  for (std::int32_t& n : padded) n = n * (1 + int(random() % 2)) + int(random() % 3);
  View view = core.tensor(space, padded, dtype);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d > 0 || space == Space::hbm) {
      const std::int32_t every = padded[d] / shape[d];
      view.dims[d].step *= 1 + static_cast<std::int32_t>(random() % static_cast<unsigned>(every));
    }
    view.dims[d].count = shape[d];
  }
  return view;
}

TEST(DmaCopy, CopiesInRowMajorOrderBetweenAnyTwoShapesOfEqualSize) {
  const unsigned seed = 4711;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Space spaces[] = {Space::sbuf, Space::hbm};
  const DType kinds[] = {DType::float32, DType::bfloat16, DType::uint8};
  FakeCore core;
  for (int round = 0; round < 2000; ++round) {
    const std::int64_t elements = 1 + static_cast<std::int64_t>(random() % 240);
    const DType dtype = kinds[random() % 3];
    const View src = random_view(core, random, spaces[random() % 2], elements, dtype);
    const View dst = random_view(core, random, spaces[random() % 2], elements, dtype);
    std::vector<float> values = counted(elements);
    core.write(src, values);
    core.run(DmaCopy{.dst = dst, .src = src});
    ASSERT_EQ(core.read(dst), values) << "round " << round;
  }
}

TEST(DmaCopy, ConvertsThroughFloat32ToNearestEvenAndSaturatesIntegers) {
  FakeCore core;
  const View src = core.hbm({6});
  core.write(src, {0.5F, 1.5F, 2.5F, -7, 300, 1e20F});
  const View bytes = core.sbuf({1, 6}, DType::uint8);
  core.run(DmaCopy{.dst = bytes, .src = src});
  EXPECT_EQ(core.read(bytes), (std::vector<float>{0, 2, 2, 0, 255, 255}));
  const View half = core.sbuf({2, 3}, DType::bfloat16);
  core.run(DmaCopy{.dst = half, .src = src});
  EXPECT_EQ(core.read_bits(half)[4], 0x4396u);
}

TEST(DmaCopy, GathersAndScattersRowsAndSkipsThoseOutOfBounds) {
  FakeCore core;
  const View table = core.hbm({4, 2});
  core.write(table, counted(8));
  const View index = core.sbuf({3, 1}, DType::int32);
  core.write(index, {3, -1, 0});
  const View tile = core.sbuf({3, 2});
  core.write(tile, {50, 51, 52, 53, 54, 55});
  EXPECT_THROW(core.run(DmaCopy{.dst = tile, .src = core.gathered(table, index, 4)}), Fault);
  core.run(DmaCopy{.dst = tile, .src = core.gathered(table, index, 4), .oob_mode = OobMode::skip});
  EXPECT_EQ(core.read(tile), (std::vector<float>{6, 7, 52, 53, 0, 1}));
  core.write(index, {1, 4, 2});
  core.run(DmaCopy{.dst = core.gathered(table, index, 4), .src = tile, .oob_mode = OobMode::skip});
  EXPECT_EQ(core.read(table), (std::vector<float>{0, 1, 6, 7, 0, 1, 6, 7}));
}

TEST(DmaCopy, RefusesModesTheGenerationLacks) {
  FakeCore trn1("trn1");
  DmaCopy copy{.dst = trn1.sbuf({2, 2}), .src = trn1.hbm({2, 2})};
  trn1.write(copy.src, {1, 2, 3, 4});
  copy.dge_mode = DgeMode::hwdge;
  EXPECT_THROW(trn1.run(copy), Fault);
  copy.dge_mode = DgeMode::swdge;
  copy.priority = 1;
  EXPECT_THROW(trn1.run(copy), Fault);
  copy.priority = kNoPriority;
  EXPECT_NO_THROW(trn1.run(copy));
}

TEST(DmaCopy, CountsRunsContiguousOnBothSidesAsDescriptors) {
  FakeCore core;
  const Machine& machine = core.machine();
  const View hbm = core.hbm({128, 512}, DType::bfloat16);
  const View sbuf = core.sbuf({128, 512}, DType::bfloat16);
  DmaWork rows = DmaCopy{.dst = sbuf, .src = hbm}.cost(machine, Engine::dma).dma;
  EXPECT_EQ(rows.descriptors, 128);
  EXPECT_EQ(rows.run_bytes, 1024);
  EXPECT_FALSE(rows.element_wise);
  View turned = core.hbm({512, 128}, DType::bfloat16);
  std::swap(turned.dims[0], turned.dims[1]);
  DmaWork elements = DmaCopy{.dst = sbuf, .src = turned}.cost(machine, Engine::dma).dma;
  EXPECT_EQ(elements.descriptors, 128 * 512);
  EXPECT_TRUE(elements.element_wise);
}

TEST(DmaTranspose, PermutesTheDocumentedAxes) {
  FakeCore core;
  const View src = core.hbm({2, 3, 4, 5}, DType::uint16);
  core.write(src, counted(120));
  const View dst = core.sbuf({5, 3, 4, 2}, DType::uint16);
  core.run(DmaTranspose{.dst = dst, .src = src});
  const auto moved = core.read(dst);
  for (int a = 0; a < 2; ++a) {
    for (int b = 0; b < 3; ++b) {
      for (int c = 0; c < 4; ++c) {
        for (int d = 0; d < 5; ++d) {
          EXPECT_EQ(moved[static_cast<std::size_t>(((d * 3 + b) * 4 + c) * 2 + a)],
                    static_cast<float>(((a * 3 + b) * 4 + c) * 5 + d));
        }
      }
    }
  }
  DmaTranspose wrong{.dst = dst, .src = src};
  wrong.axes = {4, {3, 2, 1, 0}};
  EXPECT_THROW(core.run(wrong), Fault);
}

TEST(DmaTranspose, GathersRowsFirstAndKeepsWhatASkippedRowWouldHaveWritten) {
  FakeCore core;
  const View table = core.hbm({4, 2}, DType::uint16);
  core.write(table, counted(8));
  const View index = core.sbuf({16, 1}, DType::uint32);
  std::vector<float> rows(16, 2);
  rows[1] = 9;
  rows[2] = 0;
  core.write(index, rows);
  const View dst = core.sbuf({2, 16}, DType::uint16);
  core.write(dst, std::vector<float>(32, 90));
  const View src = core.gathered(table, index, 4);
  core.run(DmaTranspose{.dst = dst, .src = src, .oob_mode = OobMode::skip});
  const auto moved = core.read(dst);
  EXPECT_EQ(std::vector<float>(moved.begin(), moved.begin() + 4),
            (std::vector<float>{4, 90, 0, 4}));
  EXPECT_EQ(std::vector<float>(moved.begin() + 16, moved.begin() + 20),
            (std::vector<float>{5, 90, 1, 5}));
  EXPECT_THROW(core.run(DmaTranspose{.dst = dst, .src = src, .dge_mode = DgeMode::hwdge}), Fault);
}

TEST(DmaCompute, AddsTwiceToARowThatIsChosenTwice) {
  FakeCore core;
  const View table = core.hbm({3, 2});
  core.write(table, {1, 2, 3, 4, 5, 6});
  const View index = core.sbuf({3, 1}, DType::int32);
  core.write(index, {1, 1, 0});
  const View data = core.sbuf({3, 2});
  core.write(data, {10, 20, 30, 40, 50, 60});
  const View rows = core.gathered(table, index, 3);
  DmaCompute add{.dst = rows};
  add.srcs.size = 2;
  add.srcs.views[0] = rows;
  add.srcs.views[1] = data;
  core.run(add);
  EXPECT_EQ(core.read(table), (std::vector<float>{51, 62, 43, 64, 5, 6}));
  add.reduce_op = AluOp::maximum;
  EXPECT_THROW(core.run(add), Fault);
}

}  // namespace
}  // namespace trainyard

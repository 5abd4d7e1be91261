// SPDX-License-Identifier: Apache-2.0
#include "kernels/product_kernel.h"

#include <gtest/gtest.h>

#include "kernels/core_times.h"

namespace trainyard {
namespace {

double flop(const ProductShape& shape) {
  return 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) *
         static_cast<double>(shape.k);
}

// Both straight lines, over blocks and over chunks of the contraction, against every block run.
TEST(ProductKernel, InAStreamTakesWhatTheWholeProductTakesByItselfButItsBeginningAndEnd) {
  struct Case {
    const char* machine;
    ProductShape shape;
  };
  for (const Case& one : {Case{"trn2", {Format::bf16, 2048, 2048, 8192}},
                          Case{"trn2", {Format::fp8, 3000, 1000, 16384}},
                          Case{"trn3", {Format::mxfp8, 2048, 3072, 12288}}}) {
    const CoreTimes core(load_machine(one.machine), 1);
    const double whole_s = whole_product_seconds(one.shape, core.machine());
    const double steady_s = product_seconds(one.shape, core.machine());
    EXPECT_LE(steady_s, whole_s) << one.machine;
    EXPECT_GE(steady_s, whole_s - 20e-6) << one.machine;  // filling and draining
    EXPECT_GE(steady_s, 0.95 * whole_s) << one.machine;
  }
}

TEST(ProductKernel, CutsAProductIntoAlikeBlocksThatFit) {
  const Machine machine = load_machine("trn2");
  const ProductBlocks blocks = product_blocks({Format::bf16, 2049, 1000, 5000}, machine);
  EXPECT_EQ(blocks.rows, 1000);    // 8 tiles; 2,049 would fill 16 and one row of a 17th
  EXPECT_EQ(blocks.columns, 683);  // three of them
  EXPECT_EQ(blocks.blocks, 3);
  EXPECT_EQ(blocks.chunks * blocks.steps, 40);  // 5,000 in steps of 128
}

TEST(ProductKernel, TakesAsLongEitherWayRound) {
  const Machine machine = load_machine("trn2");
  const ProductShape wide = {Format::bf16, 16, 1024, 1024}, tall = {Format::bf16, 1024, 16, 1024};
  EXPECT_EQ(product_blocks(wide, machine).rows, product_blocks(tall, machine).rows);
  EXPECT_EQ(product_seconds(wide, machine), product_seconds(tall, machine));
}

TEST(ProductKernel, NeverBeatsTheArray) {
  for (const char* name : {"trn1", "trn2", "trn3"}) {
    const CoreTimes core(load_machine(name), 1);
    const Machine& machine = core.machine();
    for (const ProductShape& shape : {ProductShape{Format::bf16, 1024, 1024, 1024},
                                      ProductShape{Format::bf16, 100, 700, 300}}) {
      const double peak = 2 * machine.tensor.clock_hz *
                          static_cast<double>(machine.tensor.rows * machine.tensor.columns);
      EXPECT_LE(flop(shape) / product_seconds(shape, machine), peak * (1 + 1e-5))
          << name;  // whole ps
    }
  }
}

TEST(CoreTimes, GivesAProductTheSecondsOfItsKernel) {
  CoreTimes core(load_machine("trn2"), 2);
  const ProductShape whole = {Format::bf16, 512, 2048, 1024},
                     half = {Format::bf16, 512, 1024, 1024};
  const double alone_s = product_seconds(half, core.machine());
  EXPECT_EQ(core.products_s(whole, 1), alone_s);     // its longer side is cut over two cores
  EXPECT_EQ(core.products_s(half, 6), 3 * alone_s);  // or each takes half of the products
  EXPECT_EQ(core.products_s(whole, 1), alone_s);     // what is kept is the same
}

TEST(CoreTimes, SharesTheHbmOfTheChip) {
  CoreTimes core(load_machine("trn2"), 1);
  const Machine chip = load_machine("trn2");
  const double share = chip.hbm.bandwidth_bytes_per_s / static_cast<double>(chip.chip.cores);
  EXPECT_LE(1e9 / core.stream_s(1e9), share);
  EXPECT_GE(1e9 / core.stream_s(1e9), 0.8 * share);
}

}  // namespace
}  // namespace trainyard

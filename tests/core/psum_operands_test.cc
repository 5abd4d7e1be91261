// SPDX-License-Identifier: Apache-2.0
// Which copies out of PSUM are left out: those whose readers can read PSUM.
#include "program/psum_operands.h"

#include <gtest/gtest.h>

#include "core/hand_program.h"
#include "isa/instructions/all.h"
#include "machine/machine_file.h"

namespace trainyard {
namespace {

class PsumOperands : public ::testing::Test {
 protected:
  PsumOperands() {
    data_ = hand_.sbuf({128, 512}, DType::float32);
    hand_.add(Memset{.dst = data_}, Engine::vector);
  }

  // A row on all partitions: the product with ones, and its copy.
  View broadcast(bool copy_rounds = false) {
    const View product = hand_.psum({128, 512}, DType::float32);
    hand_.add(NcMatmul{.dst = product, .stationary = data_first_columns(), .moving = data_},
              Engine::tensor);
    const View copy = hand_.sbuf({128, 512}, copy_rounds ? DType::bfloat16 : DType::float32);
    hand_.add(Activation{.dst = copy, .op = Function::copy, .data = product}, Engine::scalar);
    return copy;
  }
  void multiply(const View& a, const View& b, Engine engine = Engine::vector) {
    const View out = hand_.sbuf({128, 512}, DType::float32);
    hand_.add(TensorTensor{.dst = out, .data1 = a, .data2 = b, .op = AluOp::multiply}, engine);
  }
  std::size_t left_out() {
    const std::size_t before = hand_.program.stream.size();
    read_from_psum(hand_.program, machine_);
    return before - hand_.program.stream.size();
  }

  HandProgram hand_;
  Machine machine_ = load_machine("trn1");
  View data_;

 private:
  View data_first_columns() const {
    View columns = data_;
    columns.dims[1].count = 128;
    return columns;
  }
};

TEST_F(PsumOperands, vector_engine_reads_the_product_where_it_is) {
  multiply(data_, broadcast());
  EXPECT_EQ(left_out(), 1u);
  const auto& product = *static_cast<const TensorTensor*>(hand_.program.stream.back().operands);
  EXPECT_EQ(product.data2.space, Space::psum);
}

TEST_F(PsumOperands, a_copy_that_rounds_stays) {
  multiply(data_, broadcast(true));
  EXPECT_EQ(left_out(), 0u);
}

TEST_F(PsumOperands, gpsimd_and_dma_cannot_read_psum) {
  multiply(data_, broadcast(), Engine::gpsimd);
  const View out = hand_.hbm({128, 512}, DType::float32, TensorRole::output);
  hand_.add(DmaCopy{.dst = out, .src = broadcast()}, Engine::dma);
  EXPECT_EQ(left_out(), 0u);
}

TEST_F(PsumOperands, one_operand_of_two_may_lie_there) {
  const View a = broadcast();
  const View b = broadcast();
  multiply(a, b);
  // The first copy is left out; the product then has its operand in PSUM.
  EXPECT_EQ(left_out(), 1u);
}

// The first step of the Mamba tutorial reads a state's row for each tile of channels.
TEST_F(PsumOperands, a_copy_made_before_the_loop_that_reads_it_stays) {
  const View copy = broadcast();
  hand_.line = 2;
  multiply(data_, copy);
  multiply(data_, copy);
  EXPECT_EQ(left_out(), 0u);
}

TEST_F(PsumOperands, a_copy_may_have_two_readers_in_an_iteration) {
  const View copy = broadcast();
  for (hand_.line = 2; hand_.line < 4; ++hand_.line) multiply(data_, copy);
  EXPECT_EQ(left_out(), 1u);
}

TEST_F(PsumOperands, two_banks_stay_free) {
  std::vector<View> copies;
  for (int i = 0; i < 8; ++i) copies.push_back(broadcast());
  for (const View& copy : copies) multiply(data_, copy);
  EXPECT_EQ(left_out(), 6u);
}

}  // namespace
}  // namespace trainyard

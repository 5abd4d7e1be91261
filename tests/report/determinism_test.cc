// SPDX-License-Identifier: Apache-2.0
// The same values, timeline and joules however often, on however many threads and with whichever
// vector instructions of the host a kernel runs.
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/neuron_core.h"
#include "core/replay.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/nc_transpose.h"
#include "isa/instructions/reciprocal.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_reduce.h"
#include "isa/instructions/tensor_scalar.h"
#include "isa/instructions/tensor_tensor.h"
#include "numerics/math_targets.h"
#include "program/builder.h"
#include "report/run_result.h"

namespace trainyard {
namespace {

constexpr std::int64_t kQueries = 128, kKeys = 384, kFeatures = 96;

std::vector<std::uint16_t> random_bfloat16(std::int64_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::uint16_t> values(static_cast<std::size_t>(count));
  for (auto& value : values) {
    value = static_cast<std::uint16_t>(encode(DType::bfloat16, normal(random)));
  }
  return values;
}

// Attention of one tile of queries: softmax(q^T k) v, with float16 probabilities.
void record_attention(Builder& build, std::vector<std::uint16_t>& q, std::vector<std::uint16_t>& k,
                      std::vector<std::uint16_t>& v) {
  const auto input = [&](std::vector<std::uint16_t>& data, std::int64_t rows) {
    const auto columns = static_cast<std::int64_t>(data.size()) / rows;
    return build.input({rows, columns}, DType::bfloat16, reinterpret_cast<std::byte*>(data.data()));
  };
  const View out = build.hbm({kQueries, kFeatures}, DType::float32, TensorRole::output);
  const View queries = build.sbuf({kFeatures, kQueries}, DType::bfloat16);
  const View keys = build.sbuf({kFeatures, kKeys}, DType::bfloat16);
  build(DmaCopy{.dst = queries, .src = input(q, kFeatures)});
  build(DmaCopy{.dst = keys, .src = input(k, kFeatures)});
  const View scores = build.psum({kQueries, kKeys}, DType::float32);
  build(NcMatmul{.dst = scores, .stationary = queries, .moving = keys});

  const View highest = build.sbuf({kQueries, 1}, DType::float32);
  TensorReduce reduce{.dst = highest, .op = AluOp::maximum, .data = scores, .axis = {}};
  reduce.axis.size = 1;
  reduce.axis.values[0] = 1;
  reduce.negate = true;
  build(reduce);
  const View weights = build.sbuf({kQueries, kKeys}, DType::bfloat16);
  const View total = build.sbuf({kQueries, 1}, DType::float32);
  build(Activation{.dst = weights,
                   .op = Function::exp,
                   .data = scores,
                   .bias = ScalarOperand::of(highest),
                   .reduce_op = AluOp::add,
                   .reduce_res = total,
                   .reduce_cmd = ReduceCmd::reset_reduce});
  build(Reciprocal{.dst = total, .data = total});

  const View values_in = input(v, kKeys);
  const View sum = build.psum({kQueries, kFeatures}, DType::float32);
  for (std::int64_t first = 0; first < kKeys; first += 128) {
    View piece = weights;
    piece.offset_bytes = first * 2;
    piece.dims[1].count = 128;
    const View turned = build.psum({128, kQueries}, DType::bfloat16);
    build(NcTranspose{.dst = turned, .data = piece});
    const View stationary = build.sbuf({128, kQueries}, DType::bfloat16);
    build(TensorCopy{.dst = stationary, .src = turned});
    View rows = values_in;
    rows.offset_bytes = first * kFeatures * 2;
    rows.dims[0].count = 128;
    const View values = build.sbuf({128, kFeatures}, DType::bfloat16);
    build(DmaCopy{.dst = values, .src = rows});
    build(NcMatmul{.dst = sum, .stationary = stationary, .moving = values});
  }
  const View result = build.sbuf({kQueries, kFeatures}, DType::float32);
  build(TensorScalar{
      .dst = result, .data = sum, .op0 = AluOp::multiply, .operand0 = ScalarOperand::of(total)});
  build(TensorTensor{.dst = result, .data1 = result, .data2 = result, .op = AluOp::add});
  build(DmaCopy{.dst = out, .src = result});
}

// Values, timeline and joules of a first run, and again of its replay, as one number each.
struct Hashes {
  std::uint64_t first = 0, replayed = 0;
};
Hashes run() {
  static const Machine machine =
      load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/trn3.toml");
  auto q = random_bfloat16(kFeatures * kQueries, 1);
  auto k = random_bfloat16(kFeatures * kKeys, 2);
  auto v = random_bfloat16(kFeatures * kKeys, 3);
  NeuronCore core(machine);
  Builder build(machine, core, core);
  record_attention(build, q, k, v);
  const Program& program = build.program();
  Hashes hashes;
  hashes.first = read_run(program, core, hash_outputs(program, core)).hash;

  Replay replay(program, core);
  std::vector<std::uint16_t>* const inputs[] = {&q, &k, &v};
  int next = 0;
  for (TensorId id = 0; id < program.tensors.size(); ++id) {
    if (program.tensor(id).role != TensorRole::input) continue;
    replay.rebind(id, reinterpret_cast<std::byte*>(inputs[next++]->data()));
  }
  replay.run();
  hashes.replayed = read_run(program, core, hash_outputs(program, core)).hash;
  return hashes;
}

TEST(Determinism, TwiceAndReplayed) {
  const Hashes one = run();
  EXPECT_EQ(run().first, one.first);
  EXPECT_EQ(one.replayed, one.first);
}

TEST(Determinism, OnTwoThreads) {
  const std::uint64_t alone = run().first;
  std::uint64_t beside[2] = {};
  std::thread other([&] { beside[0] = run().first; });
  beside[1] = run().first;
  other.join();
  EXPECT_EQ(beside[0], alone);
  EXPECT_EQ(beside[1], alone);
}

TEST(Determinism, OnEveryInstructionSetOfThisHost) {
  const std::uint64_t usual = run().first;
  for (const long long target : test::kernel_targets()) {
    const test::OnTarget on(target);
    EXPECT_EQ(run().first, usual) << hwy::TargetName(target);
  }
}

// The hash would be worth nothing if it could not differ.
TEST(Determinism, SeesAChange) {
  std::vector<std::uint64_t> hashes;
  for (const float value : {1.0F, 1.0078125F}) {
    static const Machine machine =
        load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/trn3.toml");
    NeuronCore core(machine);
    Builder build(machine, core, core);
    auto q = random_bfloat16(kFeatures * kQueries, 1);
    auto k = random_bfloat16(kFeatures * kKeys, 2);
    auto v = random_bfloat16(kFeatures * kKeys, 3);
    v[5] = static_cast<std::uint16_t>(encode(DType::bfloat16, value));
    record_attention(build, q, k, v);
    hashes.push_back(read_run(build.program(), core, hash_outputs(build.program(), core)).hash);
  }
  EXPECT_NE(hashes[0], hashes[1]);
}

}  // namespace
}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
// A kernel in C++ from its first instruction to every output: y = relu(w^T x).
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/neuron_core.h"
#include "core/replay.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/nc_matmul.h"
#include "program/builder.h"
#include "report/hash.h"
#include "report/run_json.h"
#include "report/text_summary.h"
#include "report/trace.h"
#include "report/trace_file.h"
#include "report/trace_reader.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kK = 128, kM = 128, kN = 512, kTiles = 8;

// Everything of one run; not movable, since a RunResult points into it.
class Kernel {
 public:
  explicit Kernel(const std::string& machine, const CoreOptions& options = {})
      : machine_(
            load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/" + machine + ".toml")),
        core_(machine_, options),
        build_(machine_, core_, core_) {
    build_.program().name = "relu_matmul";
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i] = 0.01F * float(i % 37) - 0.18F;
    for (std::size_t i = 0; i < moving_.size(); ++i) moving_[i] = 0.02F * float(i % 101) - 1.0F;
  }

  void record() {
    const View weights = input({kK, kM}, weights_, "weights");
    const View moving = input({kTiles * kK, kN}, moving_, "moving");
    const View out = build_.hbm({kTiles * kM, kN}, DType::float32, TensorRole::output, "out");
    at(10);
    const View w = build_.sbuf({kK, kM}, DType::float32, "w");
    build_(DmaCopy{.dst = w, .src = weights});
    for (std::int64_t t = 0; t < kTiles; ++t) {
      at(12);
      const View x = build_.sbuf({kK, kN}, DType::float32, "x");
      build_(DmaCopy{.dst = x, .src = rows(moving, t)});
      at(13);
      const View sum = build_.psum({kM, kN}, DType::float32, "sum");
      build_(NcMatmul{.dst = sum, .stationary = w, .moving = x});
      at(14);
      const View y = build_.sbuf({kM, kN}, DType::float32, "y");
      build_(Activation{.dst = y, .op = Function::relu, .data = sum});
      at(15);
      build_(DmaCopy{.dst = rows(out, t), .src = y});
    }
    out_ = out.tensor;
  }

  // Reads a tensor that nothing wrote.
  void record_unwritten_read() {
    at(20);
    const View never = build_.sbuf({kK, kN}, DType::float32, "never");
    const View copy = build_.sbuf({kK, kN}, DType::float32, "copy");
    build_(Activation{.dst = copy, .op = Function::copy, .data = never});
  }

  RunResult read() {
    return read_run(build_.program(), core_, hash_outputs(build_.program(), core_));
  }

  float out(std::int64_t i) {
    float value;
    std::memcpy(&value, core_.data(out_) + i * 4, sizeof value);
    return value;
  }
  double expected(std::int64_t tile, std::int64_t m, std::int64_t n) const {
    double sum = 0;
    for (std::int64_t k = 0; k < kK; ++k) {
      sum += double{weights_[k * kM + m]} * double{moving_[(tile * kK + k) * kN + n]};
    }
    return std::max(sum, 0.0);
  }

 private:
  View input(const std::vector<std::int64_t>& shape, std::vector<float>& data, const char* name) {
    return build_.input(shape, DType::float32, reinterpret_cast<std::byte*>(data.data()), name);
  }
  static View rows(View view, std::int64_t tile) {
    view.offset_bytes += tile * kK * kN * 4;
    view.dims[0].count = static_cast<std::int32_t>(kK);
    return view;
  }
  void at(int line) { build_.set_place(build_.program().sources.intern("relu_matmul.cc", line)); }

  Machine machine_;
  NeuronCore core_;
  Builder build_;
  std::vector<float> weights_ = std::vector<float>(kK * kM);
  std::vector<float> moving_ = std::vector<float>(kTiles * kK * kN);
  TensorId out_ = kNoTensor;
};

TEST(AKernelInCpp, GivesItsValuesAndAllItsReadings) {
  Kernel kernel("trn3");
  kernel.record();
  for (const std::int64_t i : {0, 77, 1023, 65535}) {
    EXPECT_NEAR(kernel.out(i), kernel.expected(0, i / kN, i % kN), 1e-4);
  }
  const RunResult result = kernel.read();
  const std::string text = text_summary(result, true);
  EXPECT_THAT(text, HasSubstr("relu_matmul on trn3"));
  EXPECT_THAT(text, HasSubstr("134.2 MFLOP (fp32)"));
  EXPECT_THAT(text, HasSubstr("relu_matmul.cc:13"));

  const nlohmann::json json = nlohmann::json::parse(run_json(result));
  EXPECT_EQ(json["instructions"], 1 + 4 * kTiles);
  EXPECT_EQ(json["hbm"]["read_bytes"], (kK * kM + kTiles * kK * kN) * 4);
  EXPECT_EQ(json["hbm"]["write_bytes"], kTiles * kM * kN * 4);
  EXPECT_GT(json["time_us"], 1.0);
  EXPECT_GT(json["energy_j"], 0.0);

  const std::string path = trace_file();
  write_trace(result, path);
  const ReadTrace trace = read_trace(path);
  std::filesystem::remove(path);
  EXPECT_EQ(trace.track("TensorE").slices.size(), std::size_t{kTiles});
  const auto& scalar = trace.track("ScalarE").slices;  // also issues transfers
  EXPECT_EQ(std::count_if(scalar.begin(), scalar.end(),
                          [](const ReadSlice& slice) { return slice.name == "activation"; }),
            kTiles);
}

TEST(AKernelInCpp, HasTheSameHashWheneverItRunsAndAnotherOnAnotherMachine) {
  std::vector<std::uint64_t> hashes;
  for (const char* machine : {"trn2", "trn2", "trn3"}) {
    Kernel kernel(machine);
    kernel.record();
    hashes.push_back(kernel.read().hash);
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_NE(hashes[0], hashes[2]);
}

TEST(AKernelInCpp, IsToldWhatItReadsWithoutHavingWrittenIt) {
  Kernel kernel("trn2");
  kernel.record();
  kernel.record_unwritten_read();
  EXPECT_THAT(text_summary(kernel.read()),
              HasSubstr("relu_matmul.cc:20: activation reads 'never' where nothing was written"));
}

TEST(AKernelInCpp, SaysInEveryOutputThatItsNumericsAreFast) {
  Kernel kernel("trn2", {.numerics = NumericsMode::fast});
  kernel.record();
  const RunResult result = kernel.read();
  EXPECT_THAT(text_summary(result), HasSubstr("numerics: fast"));
  EXPECT_THAT(run_json(result), HasSubstr("\"numerics\": \"fast\""));
}

}  // namespace
}  // namespace trainyard

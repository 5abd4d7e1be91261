// SPDX-License-Identifier: Apache-2.0
// What the Builder takes and what it refuses, told by rule and operand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "isa/instructions/dma_copy.h"
#include "isa/instructions/memset.h"
#include "isa/instructions/tensor_copy.h"
#include "program/builder.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

// Records without bytes: every rule here is one of shapes.
class NoCore final : public CoreState, public TensorMemory {
 public:
  explicit NoCore(const Machine& machine) : machine_(machine) {}
  const Machine& machine() const override { return machine_; }
  NumericsMode numerics() const override { return NumericsMode::exact; }
  mx::ScaleRule mx_scale_rule() const override { return mx::ScaleRule::documented; }
  Rows access(const View& view, Touch, OobMode) override {
    Rows rows;
    rows.dtype = view.dtype;
    rows.base = bytes_;
    rows.partitions = 1;
    return rows;
  }
  Written written(const View&) const override { return Written::none; }
  bool element_written(const View&, std::int32_t, std::int64_t) const override { return false; }
  std::int64_t register_value(RegisterId) const override { return 0; }
  void set_register(RegisterId, std::int64_t) override {}
  float* accumulators(Engine) override { return nullptr; }
  std::uint32_t* random_state(Engine) override { return nullptr; }
  void store_rows(const Rows&, std::int32_t, std::int32_t, const float*) override {}
  void store_rows_int(const Rows&, std::int32_t, std::int32_t, const std::int64_t*) override {}
  float* scratch(int, std::size_t floats) override {
    scratch_.resize(floats);
    return scratch_.data();
  }
  Peers* peers() override { return nullptr; }
  Peers* ranks() override { return nullptr; }
  std::span<const std::int32_t> rank_group(std::int64_t) override { return {}; }
  void allocate(const Program&, TensorId) override { ++allocated; }
  void bind(const Program&, TensorId, std::byte*, bool) override {}
  void release(TensorId) override {}
  void begin(const Program&, std::uint32_t, const Recorded&) override {}
  bool again() override { return false; }
  Meeting end() override { return {}; }
  void abandon() override {}

  int allocated = 0;

 private:
  const Machine& machine_;
  std::byte bytes_[64] = {};
  std::vector<float> scratch_;
};

class BuilderRules : public ::testing::Test {
 protected:
  Machine machine = load_machine(TRAINYARD_SOURCE_DIR "/machines/trn3.toml");
  NoCore core{machine};
  Builder build{machine, core, core};

  template <class Call>
  Fault fault_of(Call&& call) {
    try {
      call();
    } catch (const Fault& fault) {
      return fault;
    }
    ADD_FAILURE() << "no fault";
    return Fault(FaultKind::internal, "none");
  }
};

TEST_F(BuilderRules, a_tensor_is_a_row_major_view_with_the_partitions_first) {
  const View v = build.sbuf({128, 4, 16}, DType::bfloat16, "v");
  EXPECT_EQ(v.partitions(), 128);
  EXPECT_EQ(v.dims[0].step, 1);
  EXPECT_EQ(v.dims[1].step, 16);
  EXPECT_EQ(build.program().tensor(v.tensor).partition_bytes, 128);
  const View h = build.hbm({3, 5}, DType::float32, TensorRole::output);
  EXPECT_EQ(h.dims[0].step, 5);
  EXPECT_EQ(build.program().tensor(h.tensor).row_bytes, 20);
}

TEST_F(BuilderRules, more_than_128_partitions_exceed_the_machine_and_name_the_tensor) {
  const Fault fault = fault_of([&] { build.sbuf({129, 4}, DType::float32, "wide"); });
  EXPECT_EQ(fault.kind(), FaultKind::limit);
  EXPECT_EQ(fault.operand(), "wide");
  EXPECT_THAT(fault.rule(), HasSubstr("129 partitions"));
  EXPECT_EQ(core.allocated, 0);
}

TEST_F(BuilderRules, a_tensor_of_a_whole_partition_fits_and_one_byte_more_does_not) {
  const std::int64_t capacity = machine.sbuf.partition_size_bytes;
  build.sbuf({128, capacity}, DType::uint8);
  EXPECT_EQ(fault_of([&] {
              build.sbuf({128, capacity + 1}, DType::uint8);
            }).kind(),
            FaultKind::limit);
  const std::int64_t psum = machine.psum.partition_size_bytes();
  build.psum({128, psum / 4}, DType::float32);
  EXPECT_THROW(build.psum({128, psum / 4 + 1}, DType::float32), Fault);
}

TEST_F(BuilderRules, an_address_must_lie_inside_the_memory) {
  const Address last{0, machine.sbuf.partition_size_bytes - 64};
  build.sbuf({128, 16}, DType::float32, "fits", &last);
  EXPECT_THROW(build.sbuf({128, 17}, DType::float32, "beyond", &last), Fault);
  const Address low{100, 0};
  EXPECT_THROW(build.sbuf({29, 4}, DType::float32, "deep", &low), Fault);
  build.sbuf({28, 4}, DType::float32, "deep", &low);
}

TEST_F(BuilderRules, empty_dimensions_and_nine_dimensions_are_refused) {
  EXPECT_THROW(build.sbuf({128, 0}, DType::float32), Fault);
  EXPECT_THROW(build.sbuf({}, DType::float32), Fault);
  EXPECT_THROW(build.sbuf({1, 1, 1, 1, 1, 1, 1, 1, 1}, DType::float32), Fault);
  EXPECT_THROW(build.hbm({1 << 30, 1 << 30}, DType::float32, TensorRole::output), Fault);
}

TEST_F(BuilderRules, a_missing_operand_is_told_by_name_and_place) {
  const View a = build.sbuf({128, 4}, DType::float32);
  build.set_place(build.program().sources.intern("kernel.py", 7));
  const Fault fault = fault_of([&] { build(DmaCopy{.dst = a}); });
  EXPECT_EQ(fault.instruction(), "dma_copy");
  EXPECT_EQ(fault.operand(), "src");
  EXPECT_EQ(fault.place().line, 7);
  EXPECT_TRUE(build.program().stream.empty());
}

TEST_F(BuilderRules, a_view_beyond_its_tensor_is_refused) {
  const View a = build.sbuf({64, 8}, DType::float32);
  View wide = a;
  wide.dims[1].count = 9;
  EXPECT_THAT(fault_of([&] { build(Memset{.dst = wide}); }).rule(), HasSubstr("bytes 0 to 36"));
  View deep = a;
  deep.partition = 1;
  EXPECT_THAT(fault_of([&] { build(Memset{.dst = deep}); }).rule(),
              HasSubstr("partitions 1 to 64"));
  View before = a;
  before.offset_bytes = -4;
  before.dims[1].count = 1;
  EXPECT_THROW(build(Memset{.dst = before}), Fault);
}

TEST_F(BuilderRules, a_dma_does_not_touch_psum) {
  const View p = build.psum({128, 4}, DType::float32);
  const View h = build.hbm({128, 4}, DType::float32, TensorRole::output);
  const Fault fault = fault_of([&] { build(DmaCopy{.dst = h, .src = p}); });
  EXPECT_EQ(fault.operand(), "src");
}

TEST_F(BuilderRules, an_engine_that_cannot_run_it_is_refused_with_those_that_can) {
  const View a = build.sbuf({128, 4}, DType::float32);
  const Fault fault = fault_of([&] { build(Memset{.dst = a}, Engine::tensor); });
  EXPECT_EQ(fault.operand(), "engine");
  EXPECT_THAT(fault.hint(), HasSubstr("vector"));
}

TEST_F(BuilderRules, an_open_choice_goes_to_the_engine_that_would_be_done_first) {
  const View a = build.sbuf({128, 512}, DType::float32);
  const View b = build.sbuf({128, 512}, DType::float32);
  std::map<Engine, int> runs;
  for (int i = 0; i < 16; ++i) {
    ++runs[build.program().stream[build(TensorCopy{.dst = b, .src = a})].engine];
  }
  EXPECT_GT(runs[Engine::vector], 0);
  EXPECT_GT(runs[Engine::scalar], 0);
}

TEST_F(BuilderRules, gpsimd_gets_no_open_choice_that_vector_can_take) {
  const View a = build.sbuf({128, 512}, DType::float32);
  for (int i = 0; i < 16; ++i) {
    const auto& recorded = build.program().stream[build(Memset{.dst = a, .value = 1.0})];
    EXPECT_EQ(recorded.engine, Engine::vector);
  }
}

}  // namespace
}  // namespace trainyard

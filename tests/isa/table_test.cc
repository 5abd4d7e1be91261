// SPDX-License-Identifier: Apache-2.0
// The table as a whole, and the durations that Trn2 traces show (machine.md, 4b).
#include <gtest/gtest.h>

#include <set>

#include "isa/fake_core.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/reciprocal.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_scalar.h"

namespace trainyard {
namespace {

class NameVisitor final : public ParamVisitor {
 public:
  void tile(const Param& p, View& v) override { add(p), v.present(); }
  void tiles(const Param& p, ViewList&) override { add(p); }
  void scalar(const Param& p, ScalarOperand&) override { add(p); }
  void reg(const Param& p, RegisterOperand&) override { add(p); }
  void integer(const Param& p, std::int64_t&) override { add(p); }
  void number(const Param& p, double&) override { add(p); }
  void flag(const Param& p, bool&) override { add(p); }
  void integers(const Param& p, IntList&) override { add(p); }
  void numbers(const Param& p, NumberList&) override { add(p); }
  void pattern(const Param& p, AffinePattern&) override { add(p); }
  void choice_value(const Param& p, const Choices& c, std::uint8_t& value) override {
    add(p);
    EXPECT_LT(value, c.count) << p.name;
    EXPECT_FALSE(c.names[value].empty()) << p.name;
  }

  std::set<std::string> names;

 private:
  void add(const Param& p) { EXPECT_TRUE(names.insert(p.name).second) << p.name; }
};

TEST(Table, HasEveryInstructionOnceWithItsParametersNamedOnce) {
  std::string_view last;
  for (const Entry& e : instruction_table()) {
    SCOPED_TRACE(std::string(e.info.name));
    EXPECT_LT(last, e.info.name);
    last = e.info.name;
    EXPECT_EQ(find_instruction(e.info.name), &e);
    EXPECT_EQ(&entry(e.opcode), &e);
    EXPECT_FALSE(e.info.summary.empty() || e.info.formula.empty() || e.info.cost.empty() ||
                 e.info.source.empty());
    std::vector<std::max_align_t> memory(e.operand_bytes / sizeof(std::max_align_t) + 1);
    e.construct(memory.data());
    NameVisitor visitor;
    e.visit(memory.data(), visitor);
    EXPECT_FALSE(visitor.names.empty());
  }
  EXPECT_GE(instruction_table().size(), 47U);
  EXPECT_EQ(find_instruction("no_such"), nullptr);
}

double latency_ns(const Cost& cost) {
  return cost.latency.ns();
}

TEST(EngineCost, AgreesWithTheDurationsOfTrn2Traces) {
  FakeCore core("trn2");
  const Machine& m = core.machine();
  for (const auto& [n, vector_ns, scalar_ns] :
       {std::tuple{128, 290.0, 265.0}, std::tuple{512, 690.0, 585.0}}) {
    const View from = core.psum({128, n});
    const View to = core.sbuf({128, n}, DType::bfloat16);
    const TensorCopy copy{.dst = to, .src = from};
    EXPECT_NEAR(latency_ns(copy.cost(m, Engine::vector)), vector_ns, 0.03 * vector_ns);
    EXPECT_NEAR(latency_ns(copy.cost(m, Engine::scalar)), scalar_ns, 0.03 * scalar_ns);
  }
  const View lanes = core.sbuf({128, 1});
  const View p = core.psum({128, 128});
  const View s = core.sbuf({128, 128});
  const View s512 = core.sbuf({128, 512});
  TensorScalar scale{
      .dst = s, .data = p, .op0 = AluOp::multiply, .operand0 = ScalarOperand::of(lanes)};
  EXPECT_NEAR(latency_ns(scale.cost(m, Engine::vector)), 349, 10);
  scale.dst = scale.data = s512;
  EXPECT_NEAR(latency_ns(scale.cost(m, Engine::vector)), 481, 10);
  const Activation act{.dst = s512, .op = Function::exp, .data = s512, .reduce_res = lanes};
  EXPECT_NEAR(latency_ns(act.cost(m, Engine::scalar)), 700, 25);
}

TEST(EngineCost, HoldsTheEngineForItsOverheadAndTheElements) {
  FakeCore core("trn2");
  const Machine& m = core.machine();
  const Time overhead = Time::from_ns(m.vector.issue_overhead_ns);
  const View tiny = core.sbuf({128, 1}, DType::bfloat16);
  EXPECT_EQ((TensorCopy{.dst = tiny, .src = tiny}.cost(m, Engine::vector).occupancy),
            overhead + Time::from_cycles(0.25, 0.96e9));
  const View x = core.sbuf({128, 1024}, DType::bfloat16);
  EXPECT_EQ((TensorCopy{.dst = x, .src = x}.cost(m, Engine::vector).occupancy),
            overhead + Time::from_cycles(256, 0.96e9));
  View strided = core.sbuf({128, 64 * 16});
  strided.dims[1] = {16, 64};
  const View dense = core.sbuf({128, 64});
  EXPECT_EQ((Reciprocal{.dst = dense, .data = strided}.cost(m, Engine::vector).occupancy),
            overhead + Time::from_cycles(640, 0.96e9));
  const Cost copy = TensorCopy{.dst = tiny, .src = tiny}.cost(m, Engine::scalar);
  EXPECT_NEAR(copy.occupancy.ns(), 189, 1);
}

}  // namespace
}  // namespace trainyard

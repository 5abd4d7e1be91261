// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>

#include "core/replay.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_tensor.h"
#include "program/hash.h"

namespace trainyard {
namespace {

// out = (aT b + aT b) + b, in a loop that makes new tiles every time round.
struct Kernel {
  Machine machine = load_machine(TRAINYARD_SOURCE_DIR "/machines/trn3.toml");
  NeuronCore core{machine};
  Builder build{machine, core, core};
  std::vector<float> a = std::vector<float>(128 * 128), b = std::vector<float>(128 * 128);
  View ina, inb, out;

  explicit Kernel(float seed, int rounds = 4) {
    fill(seed);
    ina = build.input({128, 128}, DType::float32, reinterpret_cast<std::byte*>(a.data()), "a");
    inb = build.input({128, 128}, DType::float32, reinterpret_cast<std::byte*>(b.data()), "b");
    out = build.hbm({128, 128}, DType::float32, TensorRole::output, "out");
    for (int i = 0; i < rounds; ++i) {
      const View s = build.sbuf({128, 128}, DType::float32);
      const View m = build.sbuf({128, 128}, DType::float32);
      const View p = build.psum({128, 128}, DType::float32);
      build(DmaCopy{.dst = s, .src = ina});
      build(DmaCopy{.dst = m, .src = i == 0 ? inb : out});
      build(NcMatmul{.dst = p, .stationary = s, .moving = m});
      build(NcMatmul{.dst = p, .stationary = s, .moving = m});
      const View r = build.sbuf({128, 128}, DType::float32);
      build(TensorTensor{.dst = r, .data1 = p, .data2 = m, .op = AluOp::add});
      build(DmaCopy{.dst = out, .src = r});
      for (const View& v : {s, m, p, r}) build.release(v);
    }
  }
  void fill(float seed) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = seed + static_cast<float>(i % 17) * 0.125F;
      b[i] = seed - static_cast<float>(i % 23) * 0.25F;
    }
  }
};

TEST(Replay, gives_the_values_of_the_first_run_on_the_same_core_and_on_a_fresh_one) {
  Kernel kernel(0.5F);
  const std::uint64_t first = hash_outputs(kernel.build.program(), kernel.core);
  NeuronCore fresh(kernel.machine);
  for (NeuronCore* core : {&kernel.core, &fresh}) {
    Replay replay(kernel.build.program(), *core);
    replay.rebind(kernel.ina.tensor, reinterpret_cast<std::byte*>(kernel.a.data()));
    replay.rebind(kernel.inb.tensor, reinterpret_cast<std::byte*>(kernel.b.data()));
    for (int i = 0; i < 2; ++i) {
      replay.run();
      EXPECT_EQ(hash_outputs(kernel.build.program(), *core), first);
    }
  }
}

TEST(Replay, on_new_inputs_gives_what_a_new_call_gives) {
  Kernel one(0.5F);
  Kernel other(2.0F);
  EXPECT_EQ(program_hash(one.build.program()), program_hash(other.build.program()));
  const std::uint64_t wanted = hash_outputs(other.build.program(), other.core);
  EXPECT_NE(hash_outputs(one.build.program(), one.core), wanted);
  Replay replay(one.build.program(), one.core);
  replay.rebind(one.ina.tensor, reinterpret_cast<std::byte*>(other.a.data()));
  replay.rebind(one.inb.tensor, reinterpret_cast<std::byte*>(other.b.data()));
  replay.run();
  EXPECT_EQ(hash_outputs(one.build.program(), one.core), wanted);
}

TEST(Replay, leaves_the_bytes_of_a_shared_output_to_their_other_owner) {
  Kernel one(0.5F);
  Kernel other(2.0F);
  const auto words = [](const std::byte* bytes) {
    std::vector<float> copy(128 * 128);
    std::memcpy(copy.data(), bytes, copy.size() * sizeof(float));
    return copy;
  };
  const std::shared_ptr<std::byte> kept = one.core.share(one.out.tensor);
  EXPECT_EQ(kept.get(), one.core.data(one.out.tensor));
  EXPECT_EQ(kept, one.core.share(one.out.tensor));
  const std::vector<float> first = words(kept.get());
  Replay replay(one.build.program(), one.core);
  replay.rebind(one.ina.tensor, reinterpret_cast<std::byte*>(other.a.data()));
  replay.rebind(one.inb.tensor, reinterpret_cast<std::byte*>(other.b.data()));
  replay.run();
  EXPECT_EQ(words(kept.get()), first);
  EXPECT_EQ(words(one.core.data(one.out.tensor)), words(other.core.data(other.out.tensor)));
  EXPECT_THROW(one.core.share(one.ina.tensor), Fault);
}

TEST(Replay, needs_every_input_and_control_flow_that_read_no_value) {
  Kernel kernel(1.0F, 1);
  Replay replay(kernel.build.program(), kernel.core);
  EXPECT_THROW(replay.run(), Fault);
  EXPECT_THROW(replay.rebind(kernel.out.tensor, nullptr), Fault);
  kernel.build.program().data_dependent = true;
  EXPECT_THROW(Replay(kernel.build.program(), kernel.core), Fault);
}

TEST(ProgramHash, tells_programs_apart_and_ignores_names_and_places) {
  Kernel one(1.0F, 2);
  Kernel longer(1.0F, 3);
  EXPECT_NE(program_hash(one.build.program()), program_hash(longer.build.program()));
  const std::uint64_t before = program_hash(one.build.program());
  one.build.program().tensor(0).name = "renamed";
  one.build.program().stream[0].where = 9;
  EXPECT_EQ(program_hash(one.build.program()), before);
  static_cast<DmaCopy*>(one.build.program().stream[0].operands)->dst.offset_bytes = 4;
  EXPECT_NE(program_hash(one.build.program()), before);
}

}  // namespace
}  // namespace trainyard

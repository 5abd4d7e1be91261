// SPDX-License-Identifier: Apache-2.0
// No constant of the energy model stands there for nothing: each, made a tenth larger, moves a
// result of a Program that has every event.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/hand_program.h"
#include "energy/energy_report.h"
#include "energy/system_power.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/collectives.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/exponential.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/nc_matmul_mx.h"
#include "isa/instructions/quantize_mx.h"
#include "isa/instructions/tensor_copy.h"
#include "machine/fields.h"

namespace trainyard {
namespace {

class EveryEvent {
 public:
  explicit EveryEvent(Generation generation) {
    const View in = hand_.hbm({128, 512}, DType::float32, TensorRole::input);
    const View wide = hand_.sbuf({128, 512}, DType::float32);
    const View sum = hand_.psum({128, 512}, DType::float32);
    hand_.add(DmaCopy{.dst = wide, .src = in}, Engine::dma);
    multiply(sum, DType::float32);
    multiply(sum, DType::bfloat16);
    multiply_fp8(sum);
    hand_.add(TensorCopy{.dst = wide, .src = sum}, Engine::vector);
    hand_.add(TensorCopy{.dst = wide, .src = wide}, Engine::gpsimd);
    hand_.add(Activation{.dst = wide, .data = wide}, Engine::scalar);
    if (generation >= Generation::gen4) add_gen4(wide, sum);
    CollectivePermute exchange;
    exchange.source = exchange.target = 1;
    exchange.srcs.views[0] = exchange.dsts.views[0] = in;
    exchange.srcs.size = exchange.dsts.size = 1;
    exchange.source = exchange.target = 1;
    for (const std::int64_t chips : {2, 1000}) {  // over a link, and beyond the UltraServer
      exchange.group = {.group = 0, .ranks = chips, .chips = chips};
      hand_.add(exchange, Engine::sync);
    }
  }

  // Everything that is told of energy. The time is that of `timed`.
  std::vector<double> results(const Machine& machine, const Machine& timed) const {
    Timeline timeline = time_program(hand_.program, timed);
    timeline.tensor_clock = {{Time{}, 0.5}};
    const EnergyReport energy = account_energy(hand_.program, timeline, machine);
    std::vector<double> all = {energy.joules(), energy.joules_of_zero_data(), energy.board_joules(),
                               static_cast<double>(energy.switch_fj),
                               static_cast<double>(energy.efa_fj)};
    if (const auto power = ultraserver_power(machine, chip_run(energy, machine))) {
      for (double watts : {power->it_w(), power->facility_w()}) all.push_back(watts);
    } else {
      all.push_back(machine.energy.efa_port_w);  // no UltraServer to stand in
    }
    return all;
  }

 private:
  void multiply(const View& sum, DType dtype) {
    hand_.add(NcMatmul{.dst = sum,
                       .stationary = hand_.sbuf({128, 128}, dtype),
                       .moving = hand_.sbuf({128, 512}, dtype)},
              Engine::tensor);
  }
  void multiply_fp8(const View& sum) {
    NcMatmul matmul{.dst = sum,
                    .stationary = hand_.sbuf({128, 2, 128}, DType::float8_e4m3),
                    .moving = hand_.sbuf({128, 2, 512}, DType::float8_e4m3)};
    matmul.perf_mode = MatmulPerfMode::double_row;
    hand_.add(matmul, Engine::tensor);
  }
  void add_gen4(const View& wide, const View& sum) {
    const View scale = hand_.sbuf({128, 512}, DType::uint8);
    for (const DType dtype : {DType::float8_e4m3fn_x4, DType::float4_e2m1fn_x4}) {
      hand_.add(NcMatmulMx{.dst = sum,
                           .stationary = hand_.sbuf({128, 128}, dtype),
                           .moving = hand_.sbuf({128, 512}, dtype),
                           .stationary_scale = columns(scale, 0, 128),
                           .moving_scale = scale},
                Engine::tensor);
    }
    hand_.add(Exponential{.dst = wide, .src = wide}, Engine::vector);
    hand_.add(QuantizeMx{.dst = hand_.sbuf({128, 128}, DType::float8_e4m3fn_x4),
                         .src = hand_.sbuf({128, 512}, DType::bfloat16),
                         .dst_scale = columns(scale, 0, 128)},
              Engine::vector);
  }

  HandProgram hand_;
};

TEST(EnergyConstants, AreAllUsed) {
  for (const char* name : {"trn1", "trn2", "trn3", "trn3-gen1"}) {
    const Machine machine =
        load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/" + name + ".toml");
    const EveryEvent events(machine.generation);
    const std::vector<double> before = events.results(machine, machine);
    for (const Field& field : machine_fields()) {
      if (field.table != "energy" && field.table != "ultraserver") continue;
      if (field_number(field, machine) == 0) continue;  // not of this machine
      Machine moved = machine;
      const MemberPointer member = field.member(moved);
      if (double* const* real = std::get_if<double*>(&member)) {
        **real *= field.path() == "ultraserver.supply_efficiency" ? 0.9 : 1.1;
      } else {
        **std::get_if<std::int64_t*>(&member) += 1;
      }
      EXPECT_NE(events.results(moved, machine), before) << name << ": " << field.path();
    }
  }
}

}  // namespace
}  // namespace trainyard

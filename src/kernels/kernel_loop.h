// SPDX-License-Identifier: Apache-2.0
// A kernel in its steady state. The body of a loop is recorded (and executed) once, its stream is
// laid end to end as often as wanted, and what one repetition takes is the difference of a long and
// a short Program: launch, filling and draining of the pipeline drop out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/neuron_core.h"
#include "energy/energy_report.h"
#include "program/builder.h"

namespace trainyard {

// Of all repetitions in the difference.
struct SteadyRun {
  std::int64_t repetitions = 0;
  Time time;
  std::array<std::int64_t, kComponentCount> component_fj{};
  std::int64_t fj = 0;  // summed over instructions, then idle and active: not over components
  std::array<Time, kEngineCount> busy{};
  std::array<std::int64_t, kLaneClassCount> lane_ops{};  // by LaneClass
  std::int64_t macs = 0, hbm_bytes = 0, link_bytes = 0;

  double seconds() const { return time.seconds(); }
  double joules() const { return static_cast<double>(fj) * 1e-15; }
  double standing_j() const;
  double watts() const { return joules() / seconds(); }
  double watts(Component component) const;
  double flop_per_s() const { return 2 * static_cast<double>(macs) / seconds(); }
  double busy_share(Engine engine) const {
    return busy[static_cast<std::size_t>(engine)].seconds() / seconds();
  }
};

class KernelLoop {
 public:
  // With a neighbour: a core of another chip, which takes part in exchange() and nothing else.
  explicit KernelLoop(const Machine& machine, bool with_neighbour = false);
  KernelLoop(const KernelLoop&) = delete;

  Builder& build() { return *build_; }
  const Machine& machine() const { return machine_; }
  // A kernel argument in HBM, of zeros.
  View input(const std::vector<std::int64_t>& shape, DType dtype);
  // Sends `src` to the neighbour and gets as much from it.
  void exchange(const View& dst, const View& src);

  // What is recorded from here on is the body.
  void begin_body();
  // Ends the body. `repetitions` of the difference; the short Program has as many.
  SteadyRun run(std::int64_t repetitions);

 private:
  struct Side {
    std::unique_ptr<NeuronCore> core;
    std::unique_ptr<Builder> build;
    std::size_t body = 0, meetings = 0;  // where the body begins
  };
  struct Reading {
    Timeline timeline;
    EnergyReport energy;
  };

  void start(Side& side, int rank);
  static void repeat(Side& side, std::size_t end, std::size_t meetings_end, std::int64_t times);
  Reading read() const;

  const Machine& machine_;
  std::shared_ptr<World> world_;
  Side mine_, neighbour_;
  Builder* build_ = nullptr;
  std::vector<std::vector<std::byte>> inputs_;
  std::vector<View> other_dst_;  // of the neighbour, by turns
  View other_src_{};
  std::size_t exchanges_ = 0;
};

}  // namespace trainyard

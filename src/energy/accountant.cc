// SPDX-License-Identifier: Apache-2.0
#include "energy/accountant.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

constexpr double kFjPerPj = 1e3;
constexpr double kBitsPerByte = 8;

// 8-bit products one row at a time take the way of 16-bit ones.
double mac_pj(const Energy& energy, const Cost& cost) {
  switch (cost.mac_class) {
    case MacClass::bf16:
      return energy.mac_bf16_pj;
    case MacClass::fp8:
      return cost.double_row ? energy.mac_fp8_pj : energy.mac_bf16_pj;
    case MacClass::fp32:
      return energy.mac_fp32_pj;
    case MacClass::mxfp8:
      return energy.mac_mxfp8_pj;
    case MacClass::mxfp4:
      return energy.mac_mxfp4_pj;
  }
  return 0;
}

struct LaneEnergy {
  Component component;
  double pj;
};

LaneEnergy lane_energy(const Energy& energy, LaneClass lane_class) {
  switch (lane_class) {
    case LaneClass::none:
      break;
    case LaneClass::vector:
      return {Component::vector, energy.vector_op_pj};
    case LaneClass::scalar:
      return {Component::scalar, energy.scalar_op_pj};
    case LaneClass::gpsimd:
      return {Component::gpsimd, energy.gpsimd_op_pj};
    case LaneClass::exponential:
      return {Component::vector, energy.exponential_pj};
    case LaneClass::quantize:
      return {Component::vector, energy.quantize_mx_pj};
  }
  return {Component::vector, 0};
}

}  // namespace

Accountant::Accountant(const Program& program, const Timeline& timeline, const Machine& machine)
    : program_(program), timeline_(timeline), machine_(machine) {
  series_.fill(WindowSeries(WindowGrid::of(timeline.total)));
}

void Accountant::add(Component component, Time from, Time to, std::int64_t fj) {
  const auto c = static_cast<std::size_t>(component);
  fj_[c] += fj;
  added_fj_ += fj;
  series_[c].add(from, to, fj);
}

void Accountant::add_events(Component component, Time from, Time to, std::int64_t count,
                            double pj) {
  if (count == 0) return;
  add(component, from, to, std::llround(static_cast<double>(count) * pj * kFjPerPj));
}

void Accountant::add_clocked(Component component, Time from, Time to, std::int64_t count,
                             double pj) {
  const std::vector<ClockPhase>& clock = timeline_.tensor_clock;
  auto phase = std::upper_bound(clock.begin(), clock.end(), from,
                                [](Time at, const ClockPhase& p) { return at < p.start; });
  if (count == 0 || to <= from || phase == clock.begin()) {
    add_events(component, from, to, count, pj);
    return;
  }
  --phase;
  // A gated phase does its share of the full clock's work at gated_clock_ratio of its power.
  const auto each_phase = [&](auto&& visit) {
    Time at = from;
    for (auto p = phase; at < to; ++p) {
      const auto next = p + 1;
      const Time end = next == clock.end() || to < next->start ? to : next->start;
      const double power = p->share < 1.0 ? machine_.energy.gated_clock_ratio : 1.0;
      visit(at, end, power * static_cast<double>((end - at).ps),
            p->share * static_cast<double>((end - at).ps));
      at = end;
    }
  };
  double work = 0;
  each_phase([&](Time, Time, double, double phase_work) { work += phase_work; });
  const double full_fj = static_cast<double>(count) * pj * kFjPerPj;
  each_phase([&](Time start, Time end, double energy, double) {
    add(component, start, end, std::llround(full_fj * energy / work));
  });
}

void Accountant::add_tensor_work(const Cost& cost, const Span& span) {
  const auto mac_class = static_cast<std::size_t>(cost.mac_class);
  (cost.only_moves ? counts_.moving_macs : counts_.work_macs)[mac_class] += cost.macs;
  counts_.weight_bytes += cost.weight_bytes;
  add_clocked(Component::tensor_macs, span.start, span.busy_end, cost.macs,
              mac_pj(machine_.energy, cost));
  add_clocked(Component::weight_load, span.start, span.busy_end, cost.weight_bytes,
              machine_.energy.weight_load_pj_per_byte);
}

void Accountant::add_lane_work(const Cost& cost, const Span& span) {
  counts_.lane_ops[static_cast<std::size_t>(cost.lane_class)] += cost.lane_ops;
  const LaneEnergy lane = lane_energy(machine_.energy, cost.lane_class);
  add_events(lane.component, span.start, span.busy_end, cost.lane_ops, lane.pj);
}

void Accountant::add_on_chip_bytes(const Traffic& traffic, Time from, Time to) {
  counts_.traffic.sbuf_read_bytes += traffic.sbuf_read_bytes;
  counts_.traffic.sbuf_write_bytes += traffic.sbuf_write_bytes;
  counts_.traffic.psum_read_bytes += traffic.psum_read_bytes;
  counts_.traffic.psum_write_bytes += traffic.psum_write_bytes;
  add_events(Component::sbuf, from, to, traffic.sbuf_read_bytes + traffic.sbuf_write_bytes,
             machine_.energy.sbuf_pj_per_byte);
  add_events(Component::psum, from, to, traffic.psum_read_bytes + traffic.psum_write_bytes,
             machine_.energy.psum_pj_per_byte);
}

void Accountant::add_hbm_bytes(std::int64_t read, std::int64_t written, Time from, Time to) {
  counts_.traffic.hbm_read_bytes += read;
  counts_.traffic.hbm_write_bytes += written;
  add_events(Component::hbm, from, to, read + written,
             machine_.energy.hbm_pj_per_bit * kBitsPerByte);
}

void Accountant::add_exchange(const Exchange& exchange, Time from, Time to) {
  counts_.exchange.bytes += exchange.bytes;
  counts_.exchange.link_bytes += exchange.link_bytes;
  counts_.exchange.switch_bytes += exchange.switch_bytes;
  counts_.exchange.efa_bytes += exchange.efa_bytes;
  counts_.network_bytes += exchange.bytes;
  add_events(Component::network, from, to, exchange.bytes,
             machine_.energy.network_pj_per_bit * kBitsPerByte);
  add_events(Component::link, from, to, exchange.link_bytes,
             machine_.energy.link_pj_per_bit * kBitsPerByte);
}

void Accountant::add_transfer(const Transfer& transfer) {
  const Time from = transfer.first_packet, to = transfer.last_packet;
  add_hbm_bytes(transfer.hbm_read_bytes, transfer.hbm_write_bytes, from, to);
  counts_.network_bytes += transfer.bytes;
  counts_.descriptors += transfer.descriptors;
  add_events(Component::network, from, to, transfer.bytes,
             machine_.energy.network_pj_per_bit * kBitsPerByte);
  add_events(Component::dispatch, from, to, transfer.descriptors, machine_.energy.dispatch_pj);
}

std::int64_t Accountant::add_instruction(std::uint32_t i) {
  const Recorded& recorded = program_.stream[i];
  const Span& span = timeline_.spans[i];
  const Entry& instruction = entry(recorded.opcode);
  const Cost cost = instruction.cost(recorded.operands, machine_, recorded.engine);
  const Traffic traffic = traffic_of(instruction, recorded.operands);
  added_fj_ = 0;
  ++counts_.instructions;
  add_events(Component::dispatch, span.start, span.busy_end, 1, machine_.energy.dispatch_pj);
  add_tensor_work(cost, span);
  add_lane_work(cost, span);
  // A collective goes on beside its queue, until it retires.
  add_exchange(cost.exchange, span.start, span.end);
  if (span.transfer != kNoInstruction) {
    const Transfer& transfer = timeline_.transfers[span.transfer];
    add_on_chip_bytes(traffic, transfer.first_packet, transfer.last_packet);
    add_transfer(transfer);
  } else {
    add_on_chip_bytes(traffic, span.start, span.busy_end);
    add_hbm_bytes(traffic.hbm_read_bytes, traffic.hbm_write_bytes, span.start, span.busy_end);
  }
  return added_fj_;
}

void Accountant::add_spill(const Transfer& transfer) {
  Traffic on_chip;
  const bool stores = transfer.hbm_write_bytes > 0;
  (stores ? on_chip.sbuf_read_bytes : on_chip.sbuf_write_bytes) = transfer.bytes;
  add_on_chip_bytes(on_chip, transfer.first_packet, transfer.last_packet);
  add_transfer(transfer);
}

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
#include "core/shared_ports.h"

#include <algorithm>

namespace trainyard {

SharedPorts::SharedPorts(const Machine& machine)
    : vector_gpsimd_exclusive_(machine.sbuf.vector_gpsimd_exclusive),
      vector_scalar_exclusive_(machine.psum.vector_scalar_exclusive),
      generators_free_ps_(std::greater<>(),
                          std::vector<std::int64_t>(static_cast<std::size_t>(
                              std::max<std::int64_t>(0, machine.dma.hardware_dges)))) {}

bool SharedPorts::on_sbuf_port(const Work& work) const {
  return vector_gpsimd_exclusive_ && work.uses_sbuf && !work.is_dma() &&
         (work.queue == Engine::vector || work.queue == Engine::gpsimd);
}

bool SharedPorts::on_psum_port(const Work& work) const {
  return vector_scalar_exclusive_ && work.uses_psum && !work.is_dma() &&
         (work.queue == Engine::vector || work.queue == Engine::scalar);
}

bool SharedPorts::on_generator(const Work& work) const {
  return work.is_dma() && work.dma.hardware_dge && !generators_free_ps_.empty();
}

void SharedPorts::hold(const Port& port, const Work& work, Held& held) {
  if (port.owner == work.queue || port.until_ps <= held.until_ps) return;
  held = {port.until_ps, WaitReason::port, port.instruction};
}

SharedPorts::Held SharedPorts::held(const Work& work, std::int64_t start_ps) const {
  Held held;
  held.until_ps = start_ps;
  if (on_sbuf_port(work)) hold(sbuf_, work, held);
  if (on_psum_port(work)) hold(psum_, work, held);
  if (on_generator(work)) {
    const std::int64_t free = generators_free_ps_.top();
    if (free > held.until_ps) held = {free, WaitReason::dma_queue, kNoInstruction};
  }
  return held;
}

void SharedPorts::take(const Work& work, std::uint32_t instruction, std::int64_t start_ps,
                       std::int64_t busy_end_ps) {
  if (on_sbuf_port(work)) sbuf_ = {busy_end_ps, work.queue, instruction};
  if (on_psum_port(work)) psum_ = {busy_end_ps, work.queue, instruction};
  if (on_generator(work)) {
    const std::int64_t begin_ps = std::max(start_ps, generators_free_ps_.top());
    generators_free_ps_.pop();
    generators_free_ps_.push(begin_ps + work.occupancy_ps);
  }
}

}  // namespace trainyard

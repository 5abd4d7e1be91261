// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/two_cores.h"

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::string_view kDmaEngines[] = {"", "dma", "gpsimd_dma"};

[[noreturn]] void not_modelled() {
  throw Fault(FaultKind::not_modelled, "exchanges between two cores are not modelled yet",
              "launch the kernel on one core");
}

}  // namespace

template <>
const Choices& choices_of<DmaEngine>() {
  static const Choices choices{"DMA engine", kDmaEngines, 3};
  return choices;
}

void CoreBarrier::visit(ParamVisitor& v) {
  v.tile({.name = "data", .touch = Touch::read_write, .spaces = kHbm, .moves_bytes = false}, data);
  v.integers({.name = "cores"}, cores);
}

Cost CoreBarrier::cost(const Machine& machine, Engine) const {
  Cost cost;
  cost.occupancy = Time::from_ns(machine.semaphore.latency_ns);
  cost.latency = cost.occupancy;
  return cost;
}

void SendRecv::visit(ParamVisitor& v) {
  v.tile({.name = "src", .spaces = kSbuf}, src);
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf}, dst);
  v.reg({.name = "send_to_rank"}, send_to_rank);
  v.reg({.name = "recv_from_rank"}, recv_from_rank);
  v.reg({.name = "pipe_id"}, pipe_id);
  v.choice({.name = "dma_engine", .need = Need::optional}, dma_engine);
}

void SendRecv::check(const CheckContext&) const {
  not_modelled();
}
void SendRecv::execute(CoreState&, Engine) const {
  not_modelled();
}
Cost SendRecv::cost(const Machine&, Engine) const {
  return {};
}

}  // namespace trainyard

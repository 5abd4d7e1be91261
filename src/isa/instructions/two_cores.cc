// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/two_cores.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/fault.h"
#include "isa/instructions/dma_work.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

constexpr std::string_view kDmaEngines[] = {"", "dma", "gpsimd_dma"};

// Pipes of sendrecv are channels 0 and up.
constexpr Peers::Channel kBarrier = -1;
// nki.isa.sendrecv: the internal DMA of GpSimd moves at most so many elements per partition.
constexpr std::int64_t kGpsimdElements = 256;

int core_of(const CoreState& core, const Peers& peers, const char* operand,
            const RegisterOperand& rank) {
  const std::int64_t value = rank.reg != kNoRegister ? core.register_value(rank.reg) : rank.value;
  if (value < 0 || value >= peers.count()) {
    refuse(operand, fmt::format("is {}, the cores are 0 to {}", value, peers.count() - 1),
           "use nl.program_id(0) and nl.num_programs(0)");
  }
  return static_cast<int>(value);
}

}  // namespace

template <>
const Choices& choices_of<DmaEngine>() {
  static const Choices choices{"DMA engine", kDmaEngines, 3};
  return choices;
}

void CoreBarrier::execute(CoreState& core, Engine) const {
  Peers* peers = core.peers();
  if (peers == nullptr) return;
  const auto each_other = [&](auto&& use) {
    for (int i = 0; i < cores.size; ++i) {
      const int other =
          core_of(core, *peers, "cores", {.value = cores.values[static_cast<std::size_t>(i)]});
      if (other != peers->self()) use(other);
    }
  };
  if (!peers->resumed()) each_other([&](int other) { peers->send(kBarrier, other, nullptr); });
  bool all = true;
  each_other([&](int other) { all = all && peers->wait_for(kBarrier, other); });
  if (!all) return;
  int participants = 1;
  each_other([&](int other) {
    peers->receive(kBarrier, other);
    ++participants;
  });
  peers->meet(kBarrier, participants);
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

void SendRecv::check(const CheckContext& context) const {
  require_dtype("dst", dst, dtypes(src.dtype), "sendrecv does not convert: it is that of src");
  require_same_size("dst", dst, "src", src);
  if (chooses_rows(context, src) || chooses_rows(context, dst)) {
    refuse("dst", "sendrecv takes no index", "gather with dma_copy first");
  }
  if (dma_engine == DmaEngine::gpsimd_dma && src.elements_per_partition() > kGpsimdElements) {
    refuse("src",
           fmt::format("the DMA of GpSimd moves up to {} elements per partition, src has {}",
                       kGpsimdElements, src.elements_per_partition()),
           "use dma_engine=nki.isa.dma_engine.dma");
  }
}

void SendRecv::execute(CoreState& core, Engine) const {
  Peers* peers = core.peers();
  if (peers == nullptr) {
    throw Fault(FaultKind::program, "a core alone has none to exchange with",
                "launch the kernel on two cores: kernel[2](...)");
  }
  const std::int64_t pipe =
      pipe_id.reg != kNoRegister ? core.register_value(pipe_id.reg) : pipe_id.value;
  if (pipe < 0) refuse("pipe_id", fmt::format("is {}", pipe), "number pipes from 0");
  const int from = core_of(core, *peers, "recv_from_rank", recv_from_rank);
  if (!peers->resumed()) {
    const Rows rows = core.access(src, Touch::read);
    auto message = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(src.bytes()));
    load_rows_raw(rows, 0, rows.partitions, message->data());
    peers->send(pipe, core_of(core, *peers, "send_to_rank", send_to_rank), std::move(message));
  }
  if (!peers->wait_for(pipe, from)) return;
  const Peers::Message message = peers->receive(pipe, from);
  if (message->size() != static_cast<std::size_t>(dst.bytes())) {
    refuse("dst",
           fmt::format("takes {} bytes, core {} sent {}", dst.bytes(), from, message->size()),
           "both cores exchange tiles of one shape and dtype");
  }
  const Rows rows = core.access(dst, Touch::write);
  store_rows_raw(rows, 0, rows.partitions, message->data());
  peers->meet(pipe, from == peers->self() ? 1 : 2);
}

Cost SendRecv::cost(const Machine& machine, Engine) const {
  return dma_cost(machine, dst, src,
                  dma_engine == DmaEngine::gpsimd_dma ? DgeMode::swdge : DgeMode::unknown);
}

}  // namespace trainyard

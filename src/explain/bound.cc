// SPDX-License-Identifier: Apache-2.0
#include "explain/bound.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "report/critical_path.h"
#include "report/names.h"
#include "report/quantity.h"
#include "report/rates.h"

namespace trainyard {
namespace {

// nki_perf_guide.rst: an engine that is active for 90 % of the time, device memory at 60 % of its
// bandwidth, DMA engines that are busy while the memory is below that.
constexpr double kComputeBound = 0.9, kMemoryBound = 0.6, kDmaBound = 0.6;
constexpr std::array<Engine, 4> kComputeEngines = {Engine::tensor, Engine::vector, Engine::scalar,
                                                   Engine::gpsimd};

// The shortest way from issue to the first packet, by queue: what is longer waited for an engine.
std::array<Time, kEngineCount> trigger_times(const Timeline& timeline) {
  std::array<Time, kEngineCount> least;
  least.fill(Time{std::numeric_limits<std::int64_t>::max()});
  for (const Transfer& transfer : timeline.transfers) {
    if (transfer.instruction == kNoInstruction) continue;
    const Span& span = timeline.spans[transfer.instruction];
    Time& of_queue = least[static_cast<std::size_t>(span.engine)];
    of_queue = std::min(of_queue, transfer.first_packet - span.start);
  }
  return least;
}

}  // namespace

std::string_view bound_key(BoundKind kind) {
  constexpr std::array<std::string_view, 5> kKeys = {"compute", "memory", "dma_rate", "latency",
                                                     "dependency"};
  return kKeys[static_cast<std::size_t>(kind)];
}

double Roofline::attainable_flop_per_s() const {
  return std::min(compute_roof_flop_per_s, intensity_flop_per_byte * memory_roof_bytes_per_s);
}

PathSplit split_path(const RunResult& result) {
  const Timeline& timeline = result.timeline;
  const std::array<Time, kEngineCount> trigger = trigger_times(timeline);
  PathSplit split;
  split.start_up = timeline.total;
  for (const PathStep& step : critical_chain(result)) {
    const Span& span = timeline.spans[step.instruction];
    const Time time = step.until - span.start;
    split.start_up = span.start;
    if (span.transfer == kNoInstruction) {
      const Time busy = std::min(time, span.busy_end - span.start);
      split.compute += busy;
      split.latency += time - busy;
      continue;
    }
    const Transfer& transfer = timeline.transfers[span.transfer];
    const Time fixed = std::min(time, trigger[static_cast<std::size_t>(span.engine)] +
                                          transfer.complete - transfer.last_packet);
    split.latency += fixed;
    split.dma += time - fixed;
  }
  return split;
}

Bound bound_of(const RunResult& result, const PathSplit& path) {
  const Timeline& timeline = result.timeline;
  const double seconds = std::max(1e-12, (timeline.total - path.start_up).seconds());
  const auto share = [&](Time time) { return time.seconds() / seconds; };
  Bound bound;
  for (const Engine engine : kComputeEngines) {
    const double busy = share(timeline.busy[static_cast<std::size_t>(engine)]);
    if (busy <= bound.share) continue;
    bound = {BoundKind::compute, engine, busy, {}};
  }
  if (bound.share >= kComputeBound) {
    bound.reason =
        fmt::format("{} is busy for {} of the time after the start ({} and more)",
                    engine_title(bound.engine), percent(bound.share), percent(kComputeBound));
    return bound;
  }
  const Rates rates = rates_of(result);
  const double hbm = static_cast<double>(rates.hbm_bytes) / seconds / rates.hbm_peak_bytes_per_s;
  const double dma = share(timeline.busy[static_cast<std::size_t>(Engine::dma)]);
  if (dma >= kDmaBound && hbm >= kMemoryBound) {
    return {
        BoundKind::memory, Engine::unknown, hbm,
        fmt::format("HBM moves {} of the core's share of its bandwidth, and the DMA engines are "
                    "busy for {} of the time after the start ({} and more)",
                    percent(hbm), percent(dma), percent(kMemoryBound))};
  }
  if (dma >= kDmaBound) {
    return {BoundKind::dma_rate, Engine::unknown, dma,
            fmt::format("the DMA engines are busy for {} of the time after the start ({} and more) "
                        "while HBM moves {} of its bandwidth",
                        percent(dma), percent(kDmaBound), percent(hbm))};
  }
  const double latency = share(path.latency);
  const std::string busiest =
      fmt::format("no engine is busy for {} of the time, and the DMA engines not for {}",
                  percent(kComputeBound), percent(kDmaBound));
  if (latency >= 0.5) {
    return {
        BoundKind::latency, Engine::unknown, latency,
        fmt::format("{}; fixed latencies are {} of the critical path", busiest, percent(latency))};
  }
  return {BoundKind::dependency, Engine::unknown, 1.0 - latency,
          fmt::format("{}; the critical path goes from one to the other and is at work for {}",
                      busiest, percent(1.0 - latency))};
}

Roofline roofline_of(const RunResult& result) {
  const Rates rates = rates_of(result);
  Roofline roofline;
  roofline.flop = rates.matmul_flop;
  roofline.hbm_bytes = static_cast<double>(rates.hbm_bytes);
  if (rates.hbm_bytes > 0) {
    roofline.intensity_flop_per_byte = roofline.flop / roofline.hbm_bytes;
  }
  // The peak of the mixture of formats.
  roofline.compute_roof_flop_per_s = rates.mfu_of_formats > 0
                                         ? rates.matmul_flop_per_s / rates.mfu_of_formats
                                         : rates.bf16_peak_flop_per_s;
  roofline.memory_roof_bytes_per_s = rates.hbm_peak_bytes_per_s;
  roofline.dma_roof_bytes_per_s = result.machine.dma.core_bandwidth_bytes_per_s();
  roofline.achieved_flop_per_s = rates.matmul_flop_per_s;
  roofline.achieved_bytes_per_s = rates.hbm_bytes_per_s;
  return roofline;
}

}  // namespace trainyard

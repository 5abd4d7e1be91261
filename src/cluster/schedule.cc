// SPDX-License-Identifier: Apache-2.0
#include "cluster/schedule.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cluster/slots.h"

namespace trainyard {
namespace {

using Sequence = std::vector<StepOperation>;

Sequence gpipe(std::int32_t micro_batches) {
  Sequence sequence;
  for (std::int32_t i = 0; i < micro_batches; ++i) sequence.push_back({StepKind::forward, i, 0});
  for (std::int32_t i = 0; i < micro_batches; ++i) sequence.push_back({StepKind::backward, i, 0});
  return sequence;
}

Sequence one_f_one_b(std::int32_t rank, std::int32_t ranks, std::int32_t micro_batches) {
  const std::int32_t warm = std::min(ranks - rank - 1, micro_batches);
  Sequence sequence;
  for (std::int32_t i = 0; i < warm; ++i) sequence.push_back({StepKind::forward, i, 0});
  for (std::int32_t i = warm; i < micro_batches; ++i) {
    sequence.push_back({StepKind::forward, i, 0});
    sequence.push_back({StepKind::backward, i - warm, 0});
  }
  for (std::int32_t i = micro_batches - warm; i < micro_batches; ++i) {
    sequence.push_back({StepKind::backward, i, 0});
  }
  return sequence;
}

// Megatron-LM's order: `ranks` micro-batches through one chunk, then through the next.
Sequence interleaved(std::int32_t rank, std::int32_t ranks, std::int32_t chunks,
                     std::int32_t micro_batches) {
  const std::int32_t total = micro_batches * chunks;
  const auto operation = [&](std::int32_t index, bool forward) {
    const std::int32_t group = ranks * chunks;
    const std::int32_t in_group = index % group;
    const std::int32_t chunk = in_group / ranks;
    return StepOperation{forward ? StepKind::forward : StepKind::backward,
                         index / group * ranks + in_group % ranks,
                         forward ? chunk : chunks - 1 - chunk};
  };
  const std::int32_t warm = std::min((ranks - rank - 1) * 2 + (chunks - 1) * ranks, total);
  Sequence sequence;
  for (std::int32_t i = 0; i < warm; ++i) sequence.push_back(operation(i, true));
  for (std::int32_t i = warm; i < total; ++i) {
    sequence.push_back(operation(i, true));
    sequence.push_back(operation(i - warm, false));
  }
  for (std::int32_t i = total - warm; i < total; ++i) sequence.push_back(operation(i, false));
  return sequence;
}

}  // namespace

std::optional<Fault> schedule_fault(ScheduleKind kind, std::int64_t ranks, std::int64_t chunks,
                                    std::int64_t micro_batches) {
  const auto fault = [](std::string rule, std::string hint) {
    Fault made(FaultKind::usage, std::move(rule), std::move(hint));
    made.in("plan.schedule");
    return std::optional<Fault>(std::move(made));
  };
  constexpr std::int64_t kOperationsMax = 20000000;
  if (ranks * chunks > kOperationsMax / micro_batches) {
    return fault(fmt::format("{} micro-batches through {} pipeline stages are too many operations",
                             micro_batches, ranks * chunks),
                 "use larger micro-batches or fewer stages");
  }
  if (kind == ScheduleKind::interleaved && chunks > 1 && micro_batches % ranks != 0) {
    return fault(fmt::format("interleaving needs micro-batches in multiples of the {} pipeline "
                             "ranks; there are {}",
                             ranks, micro_batches),
                 "change global_batch, micro_batch or data");
  }
  if (kind == ScheduleKind::dual_pipe &&
      (chunks != 2 || micro_batches % 2 != 0 || ranks % 2 != 0 || micro_batches < 2 * ranks)) {
    return fault(
        fmt::format("DualPipe has an even number of ranks, at least two micro-batches a "
                    "rank and an even number of them; there are {} ranks, {} micro-batches",
                    ranks, micro_batches),
        "change pipeline or global_batch, or use schedule = \"1f1b\"");
  }
  if (kind != ScheduleKind::interleaved && kind != ScheduleKind::dual_pipe && chunks != 1) {
    return fault("only the interleaved schedule has several virtual stages",
                 "set virtual_stages = 1 or schedule = \"interleaved\"");
  }
  return {};
}

PipelineSchedule make_schedule(ScheduleKind kind, std::int64_t ranks, std::int64_t chunks,
                               std::int64_t micro_batches) {
  if (const std::optional<Fault> fault = schedule_fault(kind, ranks, chunks, micro_batches)) {
    throw Fault(*fault);
  }
  PipelineSchedule schedule;
  schedule.kind = kind;
  schedule.ranks = static_cast<std::int32_t>(ranks);
  schedule.chunks = static_cast<std::int32_t>(chunks);
  schedule.micro_batches = static_cast<std::int32_t>(micro_batches);
  if (kind == ScheduleKind::zero_bubble || kind == ScheduleKind::dual_pipe) {
    schedule.weights_apart = true;
    schedule.sequences = fill_slots(schedule);
    return schedule;
  }
  for (std::int32_t rank = 0; rank < schedule.ranks; ++rank) {
    schedule.sequences.push_back(
        kind == ScheduleKind::gpipe ? gpipe(schedule.micro_batches)
        : kind == ScheduleKind::one_f_one_b
            ? one_f_one_b(rank, schedule.ranks, schedule.micro_batches)
            : interleaved(rank, schedule.ranks, schedule.chunks, schedule.micro_batches));
  }
  return schedule;
}

}  // namespace trainyard

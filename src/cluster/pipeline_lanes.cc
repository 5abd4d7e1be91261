// SPDX-License-Identifier: Apache-2.0
#include "cluster/pipeline_lanes.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::size_t kLanesMax = 32;
constexpr std::size_t kBlockBytes = 1U << 20;  // of ends: a core's own cache holds them

float of(const std::vector<float>& factors, std::size_t at) {
  return factors.empty() ? 1.0F : factors[at];
}

}  // namespace

PipelineLanes::PipelineLanes(const LanePlan& plan, const LaneState& state)
    : plan_(plan), state_(state) {
  order();
  const std::size_t cells = static_cast<std::size_t>(plan.lanes * plan.schedule.ranks);
  const bool all = state.chip.empty() && state.chip_load.empty() && state.tensor.empty() &&
                   state.context.empty() && state.exchange.empty();
  if (all) return;
  usual_.assign(cells, true);
  for (std::int64_t stage = 0; stage < plan.schedule.ranks; ++stage) {
    for (std::int64_t lane = 0; lane < plan.lanes; ++lane) {
      usual_[plan.cell(stage, lane)] = usual_cell(stage, lane);
    }
  }
}

bool PipelineLanes::usual_cell(std::int64_t stage, std::int64_t lane) const {
  const std::size_t cell = plan_.cell(stage, lane);
  if (of(state_.tensor, cell) != 1 || of(state_.context, cell) != 1 ||
      of(state_.exchange, cell) != 1 || !state_.chip_load.empty()) {
    return false;
  }
  const std::int64_t first = plan_.first_rank(stage, lane);
  const std::int64_t last = (first + plan_.lane_ranks - 1) / plan_.chip_ranks;
  for (std::int64_t chip = first / plan_.chip_ranks; chip <= last; ++chip) {
    if (of(state_.chip, static_cast<std::size_t>(chip)) != 1) return false;
  }
  return true;
}

bool PipelineLanes::usual(std::int64_t lane) const {
  for (std::int64_t stage = 0; !usual_.empty() && stage < plan_.schedule.ranks; ++stage) {
    if (!usual_[plan_.cell(stage, lane)]) return false;
  }
  return true;
}

// The order in which one replica's operations can be done, whatever they take: as run_schedule.
void PipelineLanes::order() {
  const PipelineSchedule& schedule = plan_.schedule;
  const auto ranks = static_cast<std::size_t>(schedule.ranks);
  const auto chunks = static_cast<std::size_t>(schedule.chunks);
  const auto batches = static_cast<std::size_t>(schedule.micro_batches);
  ends_ = 2 * ranks * chunks * batches;
  std::vector<bool> done(ends_, false);
  std::vector<std::size_t> next(ranks, 0);
  std::size_t left = 0;
  for (const auto& sequence : schedule.sequences) left += sequence.size();
  turns_.reserve(left);
  while (left > 0) {
    const std::size_t before = left;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      const std::vector<StepOperation>& sequence = schedule.sequences[rank];
      for (; next[rank] < sequence.size(); ++next[rank], --left) {
        const StepOperation& operation = sequence[next[rank]];
        const auto chunk = static_cast<std::size_t>(operation.chunk);
        const std::int32_t at_place =
            schedule.place(static_cast<std::int32_t>(rank), operation.chunk);
        const auto place = static_cast<std::size_t>(at_place);
        const bool first = schedule.first_of_way(at_place), last = schedule.last_of_way(at_place);
        const auto end = [&](std::size_t at, bool backward) {
          return static_cast<std::int64_t>(
              2 * (at * batches + static_cast<std::size_t>(operation.micro_batch)) +
              (backward ? 1 : 0));
        };
        Turn turn;
        turn.stage = static_cast<std::int32_t>(rank);
        turn.index = static_cast<std::int32_t>(next[rank]);
        turn.part = static_cast<std::uint32_t>(3 * (rank * chunks + chunk) +
                                               static_cast<std::size_t>(operation.kind));
        if (operation.kind == StepKind::forward) {
          turn.source = first ? -1 : end(place - 1, false);
          turn.sent = true;
          turn.target = end(place, false);
        } else if (operation.kind == StepKind::backward_weights) {
          turn.source = end(place, true);
        } else {
          turn.source = last ? end(place, false) : end(place + 1, true);
          turn.sent = !last;
          turn.target = end(place, true);
        }
        if (turn.source >= 0 && !done[static_cast<std::size_t>(turn.source)]) break;
        if (turn.target >= 0) done[static_cast<std::size_t>(turn.target)] = true;
        turns_.push_back(turn);
      }
    }
    if (left == before) throw Fault(FaultKind::internal, "a pipeline schedule waits for itself");
  }
}

double PipelineLanes::exchange_seconds(const OperationParts& parts, std::size_t cell) const {
  return parts.tensor_s * of(state_.tensor, cell) + parts.context_s * of(state_.context, cell) +
         parts.exchange_s * state_.exchange_load * of(state_.exchange, cell) + parts.other_s;
}

// Of a cell that is not usual; `words`: each chip's noise.
double PipelineLanes::seconds(const OperationParts& parts, std::int64_t stage, std::int64_t lane,
                              const std::uint32_t* words) const {
  const std::int64_t first = plan_.first_rank(stage, lane);
  const auto begin = static_cast<std::size_t>(first / plan_.chip_ranks);
  const auto last = static_cast<std::size_t>((first + plan_.lane_ranks - 1) / plan_.chip_ranks);
  double slowest_s = 0;
  for (std::size_t chip = begin; chip <= last; ++chip) {
    double work_s = parts.compute_s + parts.expert_s * of(state_.chip_load, chip);
    work_s *= of(state_.chip, chip);
    if (words != nullptr) work_s *= state_.noise.factor(words[4 * (chip - begin)]);
    slowest_s = std::max(slowest_s, work_s);
  }
  return std::max(parts.least_s, slowest_s + exchange_seconds(parts, plan_.cell(stage, lane)));
}

std::vector<double> PipelineLanes::times(std::int64_t lane) const {
  std::vector<double> times(plan_.parts.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto stage =
        static_cast<std::int64_t>(i / 3 / static_cast<std::size_t>(plan_.schedule.chunks));
    times[i] = seconds(plan_.parts[i], stage, lane, nullptr);
  }
  return times;
}

// Some lanes side by side: rows of as many doubles.
class LaneBlock {
 public:
  LaneBlock(const PipelineLanes& lanes, std::size_t width)
      : all_(lanes),
        plan_(lanes.plan_),
        state_(lanes.state_),
        width_(width),
        chips_((plan_.lane_ranks - 1) / plan_.chip_ranks + 2),
        free_(static_cast<std::size_t>(plan_.schedule.ranks) * width),
        ends_(lanes.ends_ * width),
        took_(width) {
    if (state_.noise.none()) return;
    largest_.resize(free_.size() * 4);
    if (!all_.usual_.empty()) words_.resize(free_.size() * 4 * static_cast<std::size_t>(chips_));
  }

  void run(const std::int64_t* lanes, std::size_t count, double* end_s) {
    std::fill(free_.begin(), free_.end(), 0.0);
    for (const PipelineLanes::Turn& turn : all_.turns_) {
      take(turn, lanes, count);
      double* const free = &free_[static_cast<std::size_t>(turn.stage) * width_];
      const double send_s = turn.sent ? plan_.send_s : 0;
      if (turn.source >= 0) {
        const double* const source = &ends_[static_cast<std::size_t>(turn.source) * width_];
        for (std::size_t i = 0; i < count; ++i) {
          const double ready_s = source[i] + send_s;
          free[i] = (free[i] > ready_s ? free[i] : ready_s) + took_[i];
        }
      } else {
        for (std::size_t i = 0; i < count; ++i) free[i] += took_[i];
      }
      if (turn.target >= 0) {
        std::copy_n(free, count, &ends_[static_cast<std::size_t>(turn.target) * width_]);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      end_s[i] = 0;
      for (std::size_t stage = 0; stage < free_.size() / width_; ++stage) {
        end_s[i] = std::max(end_s[i], free_[stage * width_ + i]);
      }
    }
  }

 private:
  void take(const PipelineLanes::Turn& turn, const std::int64_t* lanes, std::size_t count) {
    const OperationParts& parts = plan_.parts[turn.part];
    const bool noise = !state_.noise.none();
    if (noise && turn.index % 4 == 0) draw(turn, lanes, count);
    const double work_s = parts.compute_s + parts.expert_s;
    const double rest_s =
        parts.tensor_s + parts.context_s + parts.exchange_s * state_.exchange_load + parts.other_s;
    const std::size_t first = static_cast<std::size_t>(turn.stage) * width_;
    const auto word = static_cast<std::size_t>(turn.index % 4);
    for (std::size_t i = 0; i < count; ++i) {
      if (all_.usual_.empty() || all_.usual_[plan_.cell(turn.stage, lanes[i])]) {
        const double factor = noise ? state_.noise.factor(largest_[4 * (first + i) + word]) : 1;
        took_[i] = std::max(parts.least_s, work_s * factor + rest_s);
      } else {
        const std::size_t at = 4 * (first + i) * static_cast<std::size_t>(chips_) + word;
        took_[i] = all_.seconds(parts, turn.stage, lanes[i], noise ? &words_[at] : nullptr);
      }
    }
  }

  // The noise of the stage's next four operations.
  void draw(const PipelineLanes::Turn& turn, const std::int64_t* lanes, std::size_t count) {
    const auto block = static_cast<std::uint32_t>(turn.index / 4);
    const std::size_t row = static_cast<std::size_t>(turn.stage) * width_;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t first = plan_.first_rank(turn.stage, lanes[i]);
      const std::int64_t begin = first / plan_.chip_ranks;
      const std::int64_t last = (first + plan_.lane_ranks - 1) / plan_.chip_ranks;
      PhiloxCounter largest = {0, 0, 0, 0};
      for (std::int64_t chip = begin; chip <= last; ++chip) {
        const PhiloxCounter words = state_.noise.words(static_cast<std::uint64_t>(chip), block);
        for (std::size_t word = 0; word < 4; ++word) {
          largest[word] = std::max(largest[word], words[word]);
        }
        if (!words_.empty()) {
          std::copy(words.begin(), words.end(),
                    &words_[4 * ((row + i) * static_cast<std::size_t>(chips_) +
                                 static_cast<std::size_t>(chip - begin))]);
        }
      }
      std::copy(largest.begin(), largest.end(), &largest_[4 * (row + i)]);
    }
  }

  const PipelineLanes& all_;
  const LanePlan& plan_;
  const LaneState& state_;
  const std::size_t width_;
  const std::int64_t chips_;  // at most, of a cell
  std::vector<double> free_, ends_, took_;
  std::vector<std::uint32_t> largest_, words_;
};

std::vector<double> PipelineLanes::run(const std::vector<std::int64_t>& lanes,
                                       unsigned threads) const {
  const std::size_t fit = kBlockBytes / (sizeof(double) * std::max<std::size_t>(1, ends_));
  const std::size_t width = std::min(std::clamp<std::size_t>(fit, 1, kLanesMax), lanes.size());
  std::vector<double> end_s(lanes.size(), 0.0);
  if (lanes.empty()) return end_s;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    LaneBlock block(*this, width);
    for (std::size_t first = next.fetch_add(width); first < lanes.size();
         first = next.fetch_add(width)) {
      block.run(&lanes[first], std::min(width, lanes.size() - first), &end_s[first]);
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return end_s;
}

}  // namespace trainyard

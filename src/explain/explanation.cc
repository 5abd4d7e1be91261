// SPDX-License-Identifier: Apache-2.0
#include "explain/explanation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "explain/finding.h"

namespace trainyard {
namespace {

constexpr double kLeastGain = 0.005;     // of the run: below it advice is not worth a line
constexpr std::size_t kPlacesAlone = 4;  // re-timed one by one
constexpr std::size_t kManyInstructions = 200'000;  // from here on only what must be is re-timed

class Explainer {
 public:
  explicit Explainer(const LogicalRun& run)
      : run_(run), study_(run), passes_(run.cores.front().passes) {
    for (const RunResult& core : run.cores) programs_.push_back(&core.program);
    why_.total = run.total();
  }

  Explanation run() {
    const RunResult& first = run_.cores.front();
    why_.path = split_path(first);
    why_.bound = bound_of(first, why_.path);
    why_.roofline = roofline_of(first);
    add_stalls();
    add_passes();
    for (const auto find : {find_small_dmas, find_spills, find_transposes, find_fp32_products,
                            find_serialised, find_low_use}) {
      for (const Finding& finding : find(study_)) add_advice(finding);
    }
    add_whole_tiles();
    std::stable_sort(why_.advice.begin(), why_.advice.end(),
                     [](const Advice& a, const Advice& b) { return b.gain < a.gain; });
    return std::move(why_);
  }

 private:
  bool many() const { return run_.instructions() > kManyInstructions; }

  Time time(const PassSet& passes, const std::vector<WhatIf>& what_if) const {
    return time_together(programs_, study_.machine, {passes, what_if}).front().total;
  }
  Time gain(const Finding& finding, const FoundPlace* only) const {
    if (finding.rewrite) return why_.total - time_rewritten(finding);
    std::vector<WhatIf> what_if;
    for (std::size_t c = 0; c < programs_.size(); ++c) what_if.push_back(finding.what_if(c, only));
    return why_.total - time(passes_, what_if);
  }

  Time time_rewritten(const Finding& finding) const {
    std::vector<std::unique_ptr<Program>> rewritten;
    std::vector<const Program*> programs;
    for (std::size_t c = 0; c < programs_.size(); ++c) {
      rewritten.push_back(finding.rewrite(c));
      programs.push_back(rewritten.back().get());
    }
    return time_together(programs, study_.machine, {passes_, {}}).front().total;
  }

  // Tiles are not to blame where buffers or an order are.
  void add_whole_tiles() {
    const bool other =
        std::any_of(why_.advice.begin(), why_.advice.end(), [](const Advice& advice) {
          return advice.kind == "serialised" || advice.kind == "fixed_order";
        });
    if (other || many()) return;
    const std::size_t before = why_.advice.size();
    for (const Finding& finding : find_whole_tiles(study_)) add_advice(finding);
    if (why_.advice.size() <= before + 1) return;
    // The best number of slices.
    const auto first = why_.advice.begin() + static_cast<std::ptrdiff_t>(before);
    std::iter_swap(
        first, std::max_element(first, why_.advice.end(),
                                [](const Advice& a, const Advice& b) { return a.gain < b.gain; }));
    why_.advice.erase(first + 1, why_.advice.end());
  }

  void add_stalls() {
    std::map<std::pair<Engine, WaitReason>, EngineStall> stalls;
    for (const RunResult& core : run_.cores) {
      for (const Span& span : core.timeline.spans) {
        if (span.reason == WaitReason::none) continue;
        EngineStall& stall = stalls[{span.engine, span.reason}];
        stall.engine = span.engine;
        stall.reason = span.reason;
        ++stall.times;
        stall.waited += span.start - span.queued;
      }
    }
    for (const auto& [key, stall] : stalls) why_.stalls.push_back(stall);
    std::stable_sort(
        why_.stalls.begin(), why_.stalls.end(),
        [](const EngineStall& a, const EngineStall& b) { return b.waited < a.waited; });
  }

  void add_passes() {
    for (int p = 0; p < kPassCount; ++p) {
      const auto pass = static_cast<Pass>(p);
      PassEffect effect{pass, passes_.has(pass), false, {}};
      // The values of a tensor that was computed once are not there to be computed again.
      if (effect.on && !changes_program(pass) && !many()) {
        try {
          effect.gain = time(passes_.without(pass), {}) - why_.total;
          effect.known = true;
        } catch (const Fault& needed) {
          if (needed.kind() != FaultKind::limit) throw;
        }
      }
      why_.passes.push_back(effect);
    }
  }

  void add_advice(const Finding& finding) {
    Advice advice{finding.kind, finding.remedy,        finding.rule, finding.found,
                  {},           gain(finding, nullptr)};
    if (advice.gain.seconds() < kLeastGain * why_.total.seconds()) return;
    const bool alone = finding.divisible && finding.places.size() > 1 && !many();
    for (std::size_t i = 0; i < finding.places.size(); ++i) {
      const FoundPlace& place = finding.places[i];
      AdvicePlace told{place.at, place.subject, place.times, alone && i < kPlacesAlone, {}};
      if (told.known_alone) told.gain_alone = gain(finding, &place);
      advice.places.push_back(std::move(told));
    }
    std::stable_sort(
        advice.places.begin(), advice.places.end(),
        [](const AdvicePlace& a, const AdvicePlace& b) { return b.gain_alone < a.gain_alone; });
    why_.advice.push_back(std::move(advice));
  }

  const LogicalRun& run_;
  const Study study_;
  const PassSet passes_;
  std::vector<const Program*> programs_;
  Explanation why_;
};

}  // namespace

Explanation explain(const LogicalRun& run) {
  return Explainer(run).run();
}

}  // namespace trainyard

// SPDX-License-Identifier: Apache-2.0
#include "serving/simulate.h"

namespace trainyard {
namespace {

// Each assumed number costs two runs.
constexpr std::size_t kRequestsMoved = 5000;

std::vector<AnswerRange> answers_of(const ServingReport& report) {
  return {
      {"latency", "s", "latency of a request, mean, s", report.latency_s.mean},
      {"ttft_p99", "s", "time to first token, 99th percentile, s", report.ttft_s.p99},
      {"tpot", "s", "time per token after, mean, s", report.tpot_s.mean},
      {"output_tokens", "per_s", "output tokens a second", report.output_tokens_per_s},
      {"energy_per_output_token", "j", "energy of an output token, J", report.joules_per_token}};
}

}  // namespace

ServingAnswer answer(const ServingScenario& scenario) {
  serving_memory(scenario);  // before anything else
  std::vector<Request> requests = make_requests(scenario.requests, scenario.file);
  ServingAnswer made;
  made.report = serve(scenario, requests);
  made.requests_moved = made.report.requests;
  const std::vector<AnswerRange> answers = answers_of(made.report);
  std::vector<AnswerRange> base = answers;
  if (requests.size() > kRequestsMoved) {
    requests.resize(kRequestsMoved);
    made.requests_moved = static_cast<std::int64_t>(kRequestsMoved);
    base = answers_of(serve(scenario, requests));
  }
  ServingScenario changed = scenario;
  made.sensitivity = move_assumed(scenario.system, answers, [&](const System& system) {
    changed.system = system;
    // Whether the model fits was answered before.
    changed.system.chip.hbm_bytes = scenario.system.chip.hbm_bytes;
    const std::vector<AnswerRange> there = answers_of(serve(changed, requests));
    std::vector<double> values;
    for (std::size_t i = 0; i < there.size(); ++i) {
      const double share = base[i].value > 0 ? answers[i].value / base[i].value : 1;
      values.push_back(there[i].value * share);
    }
    return values;
  });
  return made;
}

}  // namespace trainyard
